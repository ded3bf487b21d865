/**
 * Which disks are read of a backup: all of an image's, and those of the snapshots that a machine's
 * boot disk was taken with; of any other snapshot the one that it is.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import { readEncryption } from '../ebs-encryption.ts';
import { type ReadableDisk, readableImage } from '../image-contents.ts';
import { completed } from '../snapshots.ts';
import type { Viewer } from '../viewer.ts';
import { isImage, requiredBackup } from './backups.ts';
import { isSet, partsOfSet } from './snapshot-sets.ts';

export async function readableBackup(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
  now: Date,
): Promise<Omit<ReadableDisk, 'deviceName'>[]> {
  const row = await requiredBackup(reader, viewer, id);
  if (isImage(row)) return (await readableImage(reader, viewer, id, now)).disks;
  const parts = isSet(row) ? await partsOfSet(reader, row) : [{ snapshot: row }];
  const disks: Omit<ReadableDisk, 'deviceName'>[] = [];
  for (const { snapshot } of parts) {
    if (!snapshot) continue;
    const { id: snapshotId, root, region } = completed(snapshot);
    const encryption = await readEncryption(reader, viewer, snapshot, now);
    disks.push({ snapshotId, root, region, ...(encryption && { encryption }) });
  }
  return disks;
}
