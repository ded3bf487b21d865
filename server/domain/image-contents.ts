/**
 * Who may look into an image, and which disks that are: whoever may launch it could look from
 * inside. What is encrypted is read by whoever may use its key.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import { readEncryption } from './ebs-encryption.ts';
import { checkAvailable, requiredImage } from './images.ts';
import { checkSubscribed } from './product-codes.ts';
import { completed } from './snapshots.ts';
import type { Viewer } from './viewer.ts';

export interface ReadableDisk {
  snapshotId: string;
  /** The map of its blocks, and where that is. */
  root: string;
  region: string;
  encryption?: Encryption;
}

export interface ReadableImage {
  image: ImageRow;
  /** The one that it boots from first. */
  disks: ReadableDisk[];
}

export async function readableImage(
  reader: CatalogReader,
  viewer: Viewer,
  imageId: string,
  now: Date,
): Promise<ReadableImage> {
  const image = await requiredImage(reader, viewer, imageId);
  // Of a disabled one only its owner is told.
  if (image.state !== 'disabled') checkAvailable(image);
  await checkSubscribed(reader, viewer, image);
  const isRoot = ({ deviceName }: { deviceName: string }) => deviceName === image.rootDeviceName;
  const mappings = image.blockDeviceMappings.toSorted(
    (a, b) => Number(isRoot(b)) - Number(isRoot(a)),
  );
  const disks: ReadableDisk[] = [];
  for (const { ebs } of mappings) {
    const row =
      ebs.snapshotId === undefined ? undefined : await reader.snapshots.get(ebs.snapshotId);
    if (!row) continue;
    const { id: snapshotId, root, region } = completed(row);
    const encryption = await readEncryption(reader, viewer, row, now);
    disks.push({ snapshotId, root, region, ...(encryption && { encryption }) });
  }
  return { image, disks };
}
