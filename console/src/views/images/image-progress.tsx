/** How far an image is that is not there yet: a copy or a capture. */
import { useTasksAbout } from '../../api/tasks.ts';
import { TaskProgress } from '../../parts/task-progress.tsx';
import { imageText as text } from '../../text/image.ts';

export function ImageProgress({ id }: { id: string }) {
  const task = useTasksAbout(id).at(-1);
  return (
    <section class="card">
      <h2>{text.progress.title}</h2>
      {task ? <TaskProgress task={task} /> : <p class="hint">{text.progress.waits}</p>}
    </section>
  );
}
