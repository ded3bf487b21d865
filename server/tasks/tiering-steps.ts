/** What archiving a snapshot and restoring it have in common. */
import { isUnderWay } from '../domain/snapshot-tiers.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { TaskFailure, type TaskServices } from './task.ts';

const percentStep = 2;

/** In the snapshot's row; one that could not be written harms nobody. */
export function tellTiering(
  { catalog, log }: TaskServices,
  input: { snapshotId: string; startedAt: string },
): (share: number) => void {
  const { snapshotId } = input;
  let told = 0;
  return (share) => {
    // 100 % is told with `completed`.
    const progressPercent = Math.min(99, Math.floor(share * 100));
    if (progressPercent < told + percentStep) return;
    told = progressPercent;
    catalog
      .write(async ({ snapshots }) => {
        const row = await snapshots.get(snapshotId);
        if (!isUnderWay(row, input)) return;
        await snapshots.update({ ...row, tiering: { ...row.tiering, progressPercent } });
      })
      .catch((error) => log.warn('progress could not be written', { snapshotId, error }));
  };
}

export function unlessSilentTiering<T>(
  { silenceMs = usualTimeLimits.silenceMs }: TaskServices,
  snapshotId: string,
  signal: AbortSignal,
  work: Parameters<typeof unlessSilent<T>>[0],
): Promise<T> {
  const silent = () => new Error(`the archive of ${snapshotId} shows no progress`);
  return unlessSilent(work, { silenceMs, signal, silent });
}

export function changedMeanwhile(snapshotId: string): TaskFailure {
  const code = 'Client.UserInitiated';
  return new TaskFailure(code, `${code}: ${snapshotId} was deleted meanwhile.`);
}
