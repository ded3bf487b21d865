/** One task: its steps as they go, and what each of them gave. */
import { useAction } from '../../api/queries.ts';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { TaskProgress } from '../../parts/task-progress.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { tasksText as text } from '../../text/operator.ts';

export function TaskPage({ id }: { id: string }) {
  const found = useAction('imago', 'DescribeTasks', { TaskIds: [id] }, { tables: ['tasks'] });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const [task] = found.data.Tasks;
  if (!task) return <Empty>{text.gone(id)}</Empty>;
  return (
    <>
      <p class="back">
        <a href={href(['operator'], { tab: 'tasks' })}>{text.back}</a>
      </p>
      <header class="view">
        <h1>
          {task.Kind} <State of={task.State} />
        </h1>
      </header>
      <section class="card">
        <h2>{text.columns.steps}</h2>
        <TaskProgress task={task} />
      </section>
      <section class="card">
        <h2>{text.facts}</h2>
        <Facts
          of={[
            [text.id, <CopiedId key="id" id={task.Id} />],
            [text.columns.subject, <IdLink key="subject" id={task.Subject} />],
            [text.columns.begun, <Time key="begun" at={task.CreatedAt} />],
            [text.columns.ended, <Time key="ended" at={task.FinishedAt} />],
          ]}
        />
        <details>
          <summary>{text.outputs}</summary>
          <pre class="data">{JSON.stringify(task.Outputs ?? {}, null, 2)}</pre>
        </details>
      </section>
    </>
  );
}
