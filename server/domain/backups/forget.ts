/**
 * Forgetting: what restic's rules do not keep of the backups of one source is removed, in one
 * transaction, as is decided in it. What is shared with others is more than a backup, and kept; what
 * is protected, locked, in use or a recovery point is left, and told. It asks for no confirmation, and looks into one region.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import { checkDeletable } from '../snapshots.ts';
import type { Owner } from '../viewer.ts';
import { type BackupRow, backupsOf, isImage } from './backups.ts';
import { asBackup } from './last-good.ts';
import { LocalTimes } from './local-times.ts';
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
  owner: Owner,
  asked: { sourceId: string; rules: ResticRules; timezone?: string },
  now: Date,
): Promise<ForgottenBackup[]> {
  const rows = await backupsOf(transaction, owner, asked.sourceId);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const backups = rows.map((row) => ({
    ...asBackup(row),
    isPending: row.state === 'pending',
    tags: row.tags,
  }));
  const local = new LocalTimes(asked.timezone);
  const told: ForgottenBackup[] = [];
  for (const [id, reasons] of reasonsToKeep(backups, asked.rules, local)) {
    const row = byId.get(id);
    if (!row) continue;
    if (isShared(row)) reasons.push('shared');
    if (reasons.length > 0) told.push({ row, fate: 'kept', reasons });
    else told.push({ row, reasons, ...(await removed(transaction, row, now)) });
  }
  return told;
}

/** Others may have come to rely on it: it is more than a backup. */
function isShared(row: BackupRow): boolean {
  if (!isImage(row)) return (row.createVolumePermissions ?? []).length > 0;
  return row.launchPermissions.length > 0 || row.provider !== undefined;
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
      await checkDeletable(transaction, row, now);
      await removeSnapshot(transaction, row, now);
    }
    return { fate: 'removed' };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { fate: 'refused', problem: error.message };
  }
}
