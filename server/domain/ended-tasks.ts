/**
 * Imports, exports, stored images, backup, copy and restore jobs are shown for a month after they
 * were begun, which is what AWS documents for the latter three and leaves open for the others; then
 * their rows go. Those that have not ended stay. What an archival of a snapshot came to is in the
 * snapshot's row.
 */
import type { Catalog, KeyEntry, TableReader } from '../catalog/catalog.ts';
import type { TableName } from '../catalog/table-rows.ts';

export const endedTasksShownMs = 31 * 24 * 60 * 60 * 1000;

/** In one transaction: others wait for it. */
const removedAtOnce = 100;

const tables = [
  'importSnapshotTasks',
  'importImageTasks',
  'exportImageTasks',
  'exportInstanceTasks',
  'storeImageTasks',
  'backupJobs',
  'copyJobs',
  'restoreJobs',
  'remoteTransfers',
] as const satisfies TableName[];

export async function forgetEndedTasks(catalog: Catalog, now: Date): Promise<void> {
  const before = new Date(now.getTime() - endedTasksShownMs).toISOString();
  for (const table of tables) {
    while ((await forgetSome(catalog, table, before)) === removedAtOnce);
  }
}

/** Answers how many there were. */
async function forgetSome(
  catalog: Catalog,
  table: (typeof tables)[number],
  before: string,
): Promise<number> {
  const over = (reader: Pick<TableReader<(typeof tables)[number]>, 'listKeys'>) =>
    reader.listKeys('ended', { prefix: '', limit: removedAtOnce });
  const isOver = ({ value }: KeyEntry) => value < before;
  const found = (await catalog.read((reader) => over(reader[table]))).filter(isOver);
  if (found.length === 0) return 0;
  await catalog.write(async (transaction) => {
    for (const { id } of found) await transaction[table].delete(id);
  });
  return found.length;
}
