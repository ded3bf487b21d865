/**
 * What another Imago says of a backup that is fetched: of what it is, and which snapshots are one
 * with it. It is somebody's word. Where it is refused or none, the blocks are fetched all the same,
 * and the transfer says so; AWS has nothing to say.
 */
import { ServiceError } from '../../api/service-error.ts';
import { type BackupRecord, readRecord } from '../domain/backups/backup-record.ts';
import { FarError } from '../remotes/far-client.ts';
import { isNoAction } from '../remotes/far-records.ts';
import type { OpenRemote } from '../remotes/open-remote.ts';

export interface FetchedRecord {
  record: BackupRecord;
  /** One backup of a machine with it; none otherwise. */
  snapshotIds: string[];
  message?: string;
}

export async function fetchRecord({ records }: OpenRemote, farId: string): Promise<FetchedRecord> {
  const none = { record: {}, snapshotIds: [] };
  if (!records) return none;
  try {
    const { record, snapshotIds } = await records.get(farId);
    const kind = farId.startsWith('ami-') ? 'ami' : 'snap';
    return { record: readRecord(record, kind), snapshotIds };
  } catch (error) {
    if (isNoAction(error)) return none;
    if (!(error instanceof FarError) && !(error instanceof ServiceError)) throw error;
    return { ...none, message: `It is here, but not what it is a backup of: ${error.message}` };
  }
}
