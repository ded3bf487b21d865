/**
 * Forgetting: what restic's rules do not keep of the backups of one source is removed, in one
 * transaction, as is decided in it. What is shared with others is more than a backup, and kept; what
 * is protected, locked, in use or a recovery point is left, and told. Of a machine its sets of
 * snapshots are kept by the rules for themselves, beside its images, and each goes as a whole: of
 * one volume what is in a set stays. It asks for no confirmation, and looks into one region.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import { checkDeletable } from '../snapshots.ts';
import type { Owner } from '../viewer.ts';
import { type BackupRow, backupsOf, isImage } from './backups.ts';
import { asBackup, lastGoodAmong, newestFirst } from './last-good.ts';
import { LocalTimes } from './local-times.ts';
import { type MachineSet, setsAround, setsOfMachine } from './machine-sets.ts';
import { checkSnapshotIsNoPoint } from './recovery-points.ts';
import { removeImage } from './remove-backup.ts';
import { type ResticRules, reasonsToKeep, type TaggedBackup } from './restic-rules.ts';
import { isSet } from './snapshot-sets.ts';

export interface ForgottenBackup {
  /** Of a set that of the boot disk. */
  row: BackupRow;
  fate: 'kept' | 'removed' | 'refused';
  /** Why it is kept. */
  reasons: string[];
  /** Why it could not be removed. */
  problem?: string;
}

export interface ForgettableBackup extends TaggedBackup {
  row: BackupRow;
  /** All that goes with it. */
  snapshots: readonly SnapshotRow[];
  /** Of a snapshot of a volume: the set that it is one of, with which alone it goes. */
  isOneOf?: MachineSet;
}

/** Those that are one series for the rules: a source's own, and the sets of a machine. */
export async function forgettableBackups(
  reader: CatalogReader,
  owner: Owner,
  sourceId: string,
): Promise<ForgettableBackup[][]> {
  const rows = await backupsOf(reader, owner, sourceId);
  const sets = await setsAround(reader, owner, rows);
  const alone = rows.map((row) => ({
    ...asBackup(row, sets.get(row.id)),
    row,
    snapshots: isImage(row) ? [] : [row],
    isOneOf: sets.get(row.id),
    isPending: row.state === 'pending',
    tags: row.tags,
  }));
  const ofMachine = await setsOfMachine(reader, owner, sourceId);
  return [alone, ofMachine.map((set) => ({ ...set, row: set.root, tags: set.root.tags }))];
}

/** The newest first. */
export async function forgetBackups(
  transaction: CatalogTransaction,
  owner: Owner,
  asked: { sourceId: string; rules: ResticRules; timezone?: string },
  now: Date,
): Promise<ForgottenBackup[]> {
  const series = await forgettableBackups(transaction, owner, asked.sourceId);
  const local = new LocalTimes(asked.timezone);
  const kept = new Map(
    series.flatMap((backups) => [...reasonsToKeep(backups, asked.rules, local)]),
  );
  const told: ForgottenBackup[] = [];
  for (const backup of series.flat().sort(newestFirst)) {
    const { row, isOneOf } = backup;
    const reasons = [...(kept.get(backup.id) ?? [])];
    if (isOneOf) reasons.push(`in a set of ${isOneOf.instanceId}`);
    if ([row, ...backup.snapshots].some(isShared)) reasons.push('shared');
    if (reasons.length === 0) reasons.push(...(await reasonsOfVolumes(transaction, backup)));
    if (reasons.length > 0) told.push({ row, fate: 'kept', reasons });
    else told.push({ row, reasons, ...(await removed(transaction, backup, now)) });
  }
  return told;
}

/** A set may have the last good backup of a volume that is the machine's no more. */
async function reasonsOfVolumes(
  reader: CatalogReader,
  { row, snapshots }: ForgettableBackup,
): Promise<string[]> {
  const held = isSet(row) && (await lastGoodAmong(reader, snapshots));
  return held ? [`last good of ${held.backup?.sourceId}`] : [];
}

/** Others may have come to rely on it: it is more than a backup. */
function isShared(row: BackupRow): boolean {
  if (!isImage(row)) return (row.createVolumePermissions ?? []).length > 0;
  return row.launchPermissions.length > 0 || row.provider !== undefined;
}

/** A refusal comes before anything is written. */
async function removed(
  transaction: CatalogTransaction,
  { row, snapshots }: ForgettableBackup,
  now: Date,
): Promise<Pick<ForgottenBackup, 'fate' | 'problem'>> {
  try {
    if (isImage(row)) await removeImage(transaction, row, now);
    for (const snapshot of snapshots) {
      await checkDeletable(transaction, snapshot, now);
      await checkSnapshotIsNoPoint(transaction, snapshot);
    }
    for (const snapshot of snapshots) await removeSnapshot(transaction, snapshot, now);
    return { fate: 'removed' };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { fate: 'refused', problem: error.message };
  }
}
