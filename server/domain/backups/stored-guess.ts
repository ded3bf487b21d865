/**
 * What backups of one machine take in the store, as a guess: so many bytes of its disks are in use,
 * and so many are overwritten each day, at random places. Of two backups that are kept, one after
 * the other, the store has twice what was changed between them, whatever became of those between:
 * a place that was written again and again counts once. Not in it are compression, deltas and what
 * else is in the store.
 */
export interface DiskGuess {
  sizeBytes: number;
  /** At most all of it. */
  changedBytesPerDay: number;
}

const dayMs = 24 * 60 * 60_000;

/** The newest first. What is in the archive is there as a whole. */
export function storedBytes(
  backups: readonly { createdAt: string; archivedAt?: string }[],
  { sizeBytes, changedBytesPerDay }: DiskGuess,
): number {
  const unchangedAfterDay = 1 - changedBytesPerDay / sizeBytes;
  const times = backups
    .filter(({ archivedAt }) => archivedAt === undefined)
    .map(({ createdAt }) => Date.parse(createdAt));
  const archived = backups.length - times.length;
  let disks = archived + Math.min(times.length, 1);
  for (const [index, time] of times.entries()) {
    const older = times[index + 1];
    if (older === undefined) break;
    disks += 1 - unchangedAfterDay ** ((time - older) / dayMs);
  }
  return Math.round(disks * sizeBytes);
}
