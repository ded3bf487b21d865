/**
 * With whom what is encrypted is shared: with accounts, which need a grant of its key besides; never
 * with all, and not at all where its key is the service's own.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import type { SnapshotEncryption, SnapshotRow } from '../catalog/rows/snapshot.ts';

/** The errors are EC2's own. */
export async function checkShareable(
  reader: CatalogReader,
  { id, encryption }: SnapshotRow,
  added: readonly string[],
): Promise<void> {
  if (!encryption || added.length === 0) return;
  if (added.includes('all')) {
    throw new ServiceError(
      'OperationNotPermitted',
      `The snapshot ${id} is encrypted: encrypted snapshots cannot be made public.`,
    );
  }
  if (!(await isServices(reader, encryption))) return;
  throw new ServiceError(
    'OperationNotPermitted',
    `Encrypted snapshots with EBS default key cannot be shared: ${id} is one.`,
  );
}

/** The same of an image, for its snapshots; with errors of its own, as EC2 has it. */
export async function checkImageShareable(
  reader: CatalogReader,
  image: ImageRow,
  added: readonly string[],
): Promise<void> {
  if (added.length === 0) return;
  for (const { id, encryption } of await reader.snapshots.list({
    where: { id: snapshotIdsOf(image) },
  })) {
    if (!encryption) continue;
    if (added.includes('all')) {
      throw new ServiceError(
        'UnsupportedOperation',
        `Encrypted snapshots can't be shared publicly. Specify another snapshot than ${id}.`,
      );
    }
    if (!(await isServices(reader, encryption))) continue;
    throw new ServiceError(
      'InvalidParameter',
      `Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot than ${id}.`,
    );
  }
}

async function isServices(reader: CatalogReader, { keyId }: SnapshotEncryption): Promise<boolean> {
  return (await reader.kmsKeys.get(keyId))?.manager !== 'CUSTOMER';
}
