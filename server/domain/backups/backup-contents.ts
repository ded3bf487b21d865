/** Which disks are read of a backup: all of an image's, of a snapshot the one that it is. */
import type { CatalogReader } from '../../catalog/catalog.ts';
import { readEncryption } from '../ebs-encryption.ts';
import { type ReadableDisk, readableImage } from '../image-contents.ts';
import { completed } from '../snapshots.ts';
import type { Viewer } from '../viewer.ts';
import { isImage, requiredBackup } from './backups.ts';

export async function readableBackup(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
  now: Date,
): Promise<Omit<ReadableDisk, 'deviceName'>[]> {
  const row = await requiredBackup(reader, viewer, id);
  if (isImage(row)) return (await readableImage(reader, viewer, id, now)).disks;
  const { root, region } = completed(row);
  const encryption = await readEncryption(reader, viewer, row, now);
  return [{ snapshotId: id, root, region, ...(encryption && { encryption }) }];
}
