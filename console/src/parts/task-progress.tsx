/** How far a task is: its steps, and the bytes of the one that moves many. */
import type { Task } from '../api/tasks.ts';
import { common } from '../text/common.ts';
import { bytes } from './format.ts';

export function TaskProgress({ task }: { task: Task }) {
  const { Steps, Step, Outputs = {}, ProgressPercent = 0, Progress, State, Error: error } = task;
  return (
    <div class="task" role="status">
      <ol class="steps">
        {Steps.map((step) => (
          <li
            key={step}
            class={Object.hasOwn(Outputs, step) ? 'done' : undefined}
            aria-current={step === Step ? 'step' : undefined}
          >
            {step}
          </li>
        ))}
      </ol>
      {State === 'running' && (
        <progress max={100} value={ProgressPercent} aria-label={common.progress} />
      )}
      {Progress && <p>{common.moved(bytes(Progress.DoneBytes), bytes(Progress.TotalBytes))}</p>}
      {error && <p class="problem">{error}</p>}
    </div>
  );
}
