/**
 * Ordering the build of a provider image and watching its task, for `images build` and the
 * quickstart.
 */
import type { Client } from './client.ts';
import { CommandError } from './command-error.ts';
import { imageIdsOf } from './made-images.ts';
import type { StepProgress } from './progress.ts';
import { watchTask } from './watch-task.ts';

/** Debian's packages have to be fetched and unpacked; emulation is not involved. */
const buildTimeoutMs = 30 * 60_000;

/** Resolves with the image's id in each of the regions; all regions when none is named. */
export async function buildImage(
  client: Client,
  name: string,
  progress: StepProgress,
  { regions, signal }: { regions?: string[]; signal?: AbortSignal } = {},
): Promise<Record<string, string>> {
  const { TaskId: id } = await client.imago('BuildImage', { Name: name, Regions: regions });
  const waiting = { what: `the image ${name}`, timeoutMs: buildTimeoutMs, signal };
  const task = await watchTask(client, id, progress, waiting);
  if (task.State === 'failed') {
    throw new CommandError(
      `The image ${name} could not be built: ${task.Error ?? 'no reason was given.'}`,
      'See `imago doctor` for missing tools, and the log of `imago serve`.',
    );
  }
  return imageIdsOf(task);
}
