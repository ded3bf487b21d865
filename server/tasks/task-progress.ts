/** How far the step of a task is that moves many bytes, in the task's row. */
import type { TaskRow } from '../catalog/rows/task.ts';
import type { TaskServices } from './task.ts';

/** Often enough for a progress bar, seldom enough for the catalog. */
const progressEveryMs = 1000;

/** Writes it now and then; a progress that could not be written harms nobody. */
export function tellProgress({ catalog, log }: TaskServices, { id }: TaskRow, step: string) {
  let writtenAt = 0;
  return (doneBytes: number, totalBytes: number) => {
    if (Date.now() - writtenAt < progressEveryMs) return;
    writtenAt = Date.now();
    catalog
      .write(async ({ tasks }) => {
        const row = await tasks.get(id);
        if (row?.state !== 'running' || row.step !== step) return;
        await tasks.update({ ...row, progress: { doneBytes, totalBytes } });
      })
      .catch((error) => log.warn('progress could not be written', { task: id, error }));
  };
}
