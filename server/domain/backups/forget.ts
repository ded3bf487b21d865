/**
 * Forgetting: what restic's rules do not keep of the backups of one source is removed, in one
 * transaction, as is decided in it. What is protected, locked, in use or a recovery point is left,
 * and told. It asks for no confirmation, and looks into one region.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import { checkUnlocked } from '../snapshot-locks.ts';
import { checkDeletable } from '../snapshots.ts';
import type { Owner } from '../viewer.ts';
import { type BackupRow, isImage } from './backups.ts';
import { imageAsBackup, snapshotAsBackup } from './last-good.ts';
import { removeImage } from './remove-backup.ts';
import { type ResticRules, reasonsToKeep } from './restic-rules.ts';

export interface ForgottenBackup {
  row: BackupRow;
  fate: 'kept' | 'removed' | 'refused';
  /** Why it is kept. */
  reasons: string[];
  /** Why it could not be removed. */
  problem?: string;
}

/** The newest first. */
export async function forgetBackups(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  asked: { sourceId: string; rules: ResticRules; timezone?: string },
  now: Date,
): Promise<ForgottenBackup[]> {
  const where = { account, region, backupSource: asked.sourceId };
  const images = await transaction.images.list({ where });
  const snapshots = await transaction.snapshots.list({ where });
  const more = ({ state, tags }: BackupRow) => ({ isPending: state === 'pending', tags });
  const backups = [
    ...images.map((row) => ({ ...imageAsBackup(row), ...more(row) })),
    ...snapshots.map((row) => ({ ...snapshotAsBackup(row), ...more(row) })),
  ];
  const rows = new Map<string, BackupRow>([...images, ...snapshots].map((row) => [row.id, row]));
  const told: ForgottenBackup[] = [];
  for (const [id, reasons] of reasonsToKeep(backups, asked.rules, asked.timezone)) {
    const row = rows.get(id);
    if (!row) continue;
    if (reasons.length > 0) told.push({ row, fate: 'kept', reasons });
    else told.push({ row, reasons, ...(await removed(transaction, row, now)) });
  }
  return told;
}

/** A refusal comes before anything is written. */
async function removed(
  transaction: CatalogTransaction,
  row: BackupRow,
  now: Date,
): Promise<Pick<ForgottenBackup, 'fate' | 'problem'>> {
  try {
    if (isImage(row)) {
      await removeImage(transaction, row, now);
    } else {
      checkUnlocked(row, now);
      await checkDeletable(transaction, row);
      await removeSnapshot(transaction, row, now);
    }
    return { fate: 'removed' };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { fate: 'refused', problem: error.message };
  }
}
