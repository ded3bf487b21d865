/**
 * An image that is published: another row of what an image says, over snapshots of its own with the
 * same blocks, which are not moved. Whoever publishes says whose it becomes.
 */

import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { BlockDeviceMapping, ImageRow } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { systemOf } from './images.ts';
import { recordManifest } from './provenance/image-manifests.ts';
import type { Signing } from './provenance/signing-keys.ts';
import { completed } from './snapshots.ts';

export interface Publication {
  imageId: string;
  /** What each snapshot of the source becomes. */
  snapshotIds: Record<string, string>;
  /** Of the image and its snapshots. */
  owned: Pick<
    ImageRow,
    'account' | 'region' | 'createdAt' | 'ownerAlias' | 'productCodes' | 'tags'
  >;
  snapshotDescription: string;
  /** The image is signed by its new owner. */
  signing: Signing;
  /** Absent: nobody copies them. */
  createVolumePermissions?: SnapshotRow['createVolumePermissions'];
}

/** Beside what it says itself: its name, and what it is published as. */
export async function insertPublished(
  transaction: CatalogTransaction,
  source: ImageRow,
  as: Pick<ImageRow, 'name' | 'description' | 'provider'>,
  publication: Publication,
): Promise<ImageRow> {
  const { images, snapshots } = transaction;
  const { owned, snapshotIds, snapshotDescription: description } = publication;
  const { createVolumePermissions } = publication;
  const rows = await snapshots.list({ where: { id: Object.keys(snapshotIds) } });
  for (const row of rows) {
    if (row.encryption) throw encryptedSource(row.id);
    const { root, fullSizeBytes, volumeId, volumeSizeGiB } = completed(row);
    await snapshots.insert({
      ...owned,
      id: snapshotIds[row.id] as string,
      state: 'completed',
      progressPercent: 100,
      description,
      volumeId,
      volumeSizeGiB,
      startedAt: owned.createdAt,
      completedAt: owned.createdAt,
      root,
      fullSizeBytes,
      ...(createVolumePermissions && { createVolumePermissions }),
    });
  }
  const image = { ...publicImage(source, publication), ...as, ...owned };
  await images.insert(image);
  await recordManifest(transaction, image, publication.signing);
  return image;
}

/** Whoever launches it would need the key of who made it. */
function encryptedSource(id: string): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    `The snapshot '${id}' is encrypted: what is published is plain. Publish an image of plain snapshots.`,
  );
}

/** All that says what it needs and supports, and nothing of whose it was. */
function publicImage(source: ImageRow, { imageId, snapshotIds }: Publication) {
  const { scan } = source;
  const findings =
    scan?.findings.map((finding) => ({
      ...finding,
      snapshotId: snapshotIds[finding.snapshotId] ?? finding.snapshotId,
    })) ?? [];
  const mappings = source.blockDeviceMappings.map(
    ({ deviceName, ebs }): BlockDeviceMapping => ({
      deviceName,
      ebs: { ...ebs, snapshotId: snapshotIds[ebs.snapshotId ?? ''] },
    }),
  );
  return {
    id: imageId,
    state: 'available' as const,
    launchPermissions: ['all'],
    ...systemOf(source),
    blockDeviceMappings: mappings,
    ...(scan && { scan: { ...scan, findings } }),
  };
}
