/** Watches a task of the running Imago until it has ended. */
import type { Task } from '../api/imago-tasks.ts';
import type { Wire } from '../api/wire.ts';
import { formatBytes } from '../server/foundations/sizes.ts';
import type { Client } from './client.ts';
import { poll } from './poll.ts';
import type { StepProgress } from './progress.ts';

const pollIntervalMs = 300;

/** `what` is waited for, such as `the image micro`. */
export function watchTask(
  client: Client,
  id: string,
  progress: StepProgress,
  { what, timeoutMs, signal }: { what: string; timeoutMs: number; signal?: AbortSignal },
): Promise<Wire<Task>> {
  const waiting = { everyMs: pollIntervalMs, timeoutMs, what };
  return poll({ ...waiting, ...(signal && { signal }) }, async () => {
    const { Tasks } = await client.imago('DescribeTasks', { TaskIds: [id] });
    const [seen] = Tasks;
    if (seen?.Step) {
      const { Progress: moved } = seen;
      const bytes = moved
        ? `  ${formatBytes(moved.DoneBytes)} of ${formatBytes(moved.TotalBytes)}`
        : '';
      const step = `${seen.Steps.indexOf(seen.Step) + 1}/${seen.Steps.length} ${seen.Step}`;
      progress.doing(`${step}${bytes}`);
    }
    return seen?.State === 'succeeded' || seen?.State === 'failed' ? seen : undefined;
  });
}
