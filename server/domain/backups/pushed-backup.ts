/**
 * What is sent of a backup: of an image its snapshots; of a boot disk's snapshot those that were
 * taken with it, too, so that what was one backup of a machine is one there.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { Encryption } from '../../catalog/rows/volume.ts';
import { consistencyOf } from '../consistency.ts';
import { readableSnapshots } from '../copies.ts';
import { readEncryption } from '../ebs-encryption.ts';
import { checkAvailable } from '../images.ts';
import { type CompletedSnapshot, completed, noVolumeId } from '../snapshots.ts';
import type { Viewer } from '../viewer.ts';
import { type BackupRecord, recordOf } from './backup-record.ts';
import { isImage, requiredBackup } from './backups.ts';
import { isSet, partsOfSet } from './snapshot-sets.ts';

export interface PushedBackup {
  imageId?: string;
  snapshots: PushedSnapshot[];
}

/** Whose map stays, whatever becomes of its row. */
export interface PushedSnapshot {
  snapshotId: string;
  region: string;
  root: string;
  volumeSizeGiB: number;
  encryption?: Encryption;
  lineage?: string;
  /** Absent: it was ordered by an Imago that told no others. */
  record?: BackupRecord;
}

/** Of one that is whole, and the viewer's own. */
export async function pushedBackup(
  reader: CatalogReader,
  viewer: Viewer,
  backupId: string,
  now: Date,
): Promise<PushedBackup> {
  const backup = await requiredBackup(reader, viewer, backupId);
  const snapshots: PushedSnapshot[] = [];
  if (isImage(backup)) {
    checkAvailable(backup);
    for (const row of await readableSnapshots(reader, viewer, backup)) {
      const encryption = await readEncryption(reader, viewer, row, now);
      // What it is of, the image says.
      const consistency = consistencyOf(row.tags);
      snapshots.push({ ...pushed(row, encryption), record: consistency ? { consistency } : {} });
    }
    return { imageId: backup.id, snapshots };
  }
  for (const row of [completed(backup), ...(await othersOfSet(reader, backup))]) {
    const encryption = await readEncryption(reader, viewer, row, now);
    snapshots.push({ ...pushed(row, encryption), record: recordOf(row) });
  }
  return { snapshots };
}

/** Those that have failed are left out: they are missing here, too. */
async function othersOfSet(reader: CatalogReader, row: SnapshotRow): Promise<CompletedSnapshot[]> {
  if (!isSet(row)) return [];
  const parts = await partsOfSet(reader, row);
  const others = parts.flatMap(({ snapshot }) => snapshot ?? []);
  return others.filter(({ id, state }) => id !== row.id && state !== 'error').map(completed);
}

function pushed(row: CompletedSnapshot, encryption: Encryption | undefined): PushedSnapshot {
  const { id: snapshotId, region, root, volumeSizeGiB } = row;
  const lineage = lineageOf(row);
  return {
    ...{ snapshotId, region, root, volumeSizeGiB },
    ...(encryption && { encryption }),
    ...(lineage !== undefined && { lineage }),
  };
}

/** Of one volume, and all of them plain or all encrypted. */
function lineageOf({ volumeId, encryption }: SnapshotRow): string | undefined {
  if (volumeId === noVolumeId) return undefined;
  return encryption ? `${volumeId} encrypted` : volumeId;
}
