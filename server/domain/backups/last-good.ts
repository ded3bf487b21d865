/**
 * Which of a source's backups are not removed, whatever a rule says: the last that is whole, the
 * last whole one that no drill found wanting, and the last whose drill passed. Of the sets of a
 * machine, too, and a set is held with all of its snapshots. Whoever removes backups asks here, in
 * the transaction in which it does. What somebody deletes by hand is theirs.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import { type DrillResult, sourceIdOf } from '../../catalog/rows/backup.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { type BackupRow, backupsOf, isImage } from './backups.ts';
import { type MachineSet, type SetsOfMachines, setsAround } from './machine-sets.ts';

export interface Backup {
  id: string;
  /** As rows have it; of a copy as its original's. */
  createdAt: string;
  /** It is done, and nothing of it is missing. */
  isWhole: boolean;
  drill?: DrillResult['verdict'];
}

/** Their ids. All are of one source. */
export function lastGood(backups: readonly Backup[]): Set<string> {
  const whole = backups.filter(({ isWhole }) => isWhole).sort(newestFirst);
  const kept = [
    whole[0],
    whole.find(({ drill }) => drill !== 'failed'),
    whole.find(({ drill }) => drill === 'passed'),
  ];
  return new Set(kept.filter((backup) => backup !== undefined).map(({ id }) => id));
}

/** By their bytes: it is asked for very often. */
export function newestFirst(one: Backup, other: Backup): number {
  return compare(other.createdAt, one.createdAt) || compare(other.id, one.id);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** One that somebody has disabled is whole, and not trusted. */
function imageAsBackup({ id, createdAt: at, state, backup, lastDrill }: ImageRow): Backup {
  const createdAt = backup?.takenAt ?? at;
  const isWhole = state === 'available' || state === 'disabled';
  return { id, createdAt, isWhole, drill: state === 'disabled' ? 'failed' : lastDrill?.verdict };
}

function snapshotAsBackup(row: SnapshotRow): Backup {
  const { id, state, backup, lastDrill } = row;
  const createdAt = backup?.takenAt ?? row.createdAt;
  return { id, createdAt, isWhole: state === 'completed', drill: lastDrill?.verdict };
}

/**
 * May not be removed by a rule: of its source, or with a set that is of its machine. The copies in
 * each region are held by themselves; what people made counts as what was ordered for them does.
 */
export async function isLastGood(reader: CatalogReader, row: BackupRow): Promise<boolean> {
  return (await lastGoodAmong(reader, [row])) !== undefined;
}

/**
 * The first of the rows that is one. Of one region, such as a set's: each machine's sets are read
 * once.
 */
export async function lastGoodAmong<Row extends BackupRow>(
  reader: CatalogReader,
  among: readonly Row[],
): Promise<Row | undefined> {
  const known: SetsOfMachines = new Map();
  for (const row of among) {
    const sourceId = sourceIdOf(row);
    if (sourceId === undefined) continue;
    const rows = await backupsOf(reader, row, sourceId);
    const sets = await setsAround(reader, row, rows, known);
    const backups = rows.map((each) => asBackup(each, sets.get(each.id)));
    if (lastGood(backups).has(row.id)) return row;
    const set = sets.get(row.id);
    if (set && lastGood(known.get(set.instanceId) ?? []).has(set.id)) return row;
  }
  return undefined;
}

/** A snapshot that is one of a set is as good as that. */
export function asBackup(row: BackupRow, set?: MachineSet): Backup {
  const alone = isImage(row) ? imageAsBackup(row) : snapshotAsBackup(row);
  if (!set) return alone;
  return { ...alone, isWhole: alone.isWhole && set.isWhole, drill: set.drill };
}
