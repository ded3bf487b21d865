/**
 * What the other end says of a backup that is fetched: its tags, of what it is, and which snapshots
 * are one with it. Another Imago has the record, AWS and an older Imago what was written for it as
 * tags. It is somebody's word. Where it is refused or none, the blocks are fetched all the same, and
 * the transfer says so.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Tags } from '../catalog/rows/row.ts';
import { type BackupRecord, readRecord } from '../domain/backups/backup-record.ts';
import { pulledTags, readRecordTags } from '../domain/backups/record-tags.ts';
import { FarError } from '../remotes/far-client.ts';
import { isNoAction } from '../remotes/far-records.ts';
import type { OpenRemote } from '../remotes/open-remote.ts';

export interface FetchedRecord {
  record: BackupRecord;
  /** One backup of a machine with it; none otherwise. */
  snapshotIds: string[];
  /** The user's. */
  tags: Tags;
  message?: string;
}

export async function fetchRecord(
  { records }: OpenRemote,
  { farId, tags: told }: { farId: string; tags: Tags },
): Promise<FetchedRecord> {
  const fetched: FetchedRecord = { record: {}, snapshotIds: [], tags: {} };
  const kind = farId.startsWith('ami-') ? 'ami' : 'snap';
  try {
    fetched.tags = pulledTags(told);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    fetched.message = `It is here, but without its tags: ${error.message}`;
  }
  try {
    const known = await asked(records, farId);
    if (!known) return { ...fetched, record: readRecordTags(told, kind) };
    const { record, snapshotIds } = known;
    return { ...fetched, record: readRecord(record, kind), snapshotIds };
  } catch (error) {
    if (!(error instanceof FarError) && !(error instanceof ServiceError)) throw error;
    const message = `It is here, but not what it is a backup of: ${error.message}`;
    return { ...fetched, message: [fetched.message, message].filter(Boolean).join(' ') };
  }
}

async function asked(records: OpenRemote['records'], farId: string) {
  try {
    return await records?.get(farId);
  } catch (error) {
    if (isNoAction(error)) return undefined;
    throw error;
  }
}
