/** How far a task is that one has just asked for, and what became of it. */
import { useAction } from '../api/queries.ts';
import { State } from './mark.tsx';
import { Problem } from './problem.tsx';
import { TaskProgress } from './task-progress.tsx';

export function TaskOf({ id, title }: { id: string; title: string }) {
  const found = useAction('imago', 'DescribeTasks', { TaskIds: [id] }, { tables: ['tasks'] });
  const task = found.data?.Tasks[0];
  return (
    <section class="card">
      <h2>
        {title} {task && <State of={task.State} />}
      </h2>
      {found.error && <Problem error={found.error} retry={found.refetch} />}
      {task && <TaskProgress task={task} />}
    </section>
  );
}
