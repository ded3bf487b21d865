/**
 * What a restore test of a recovery point restores with unless its selection says otherwise, by the
 * names of a restore's metadata (backups/restore-metadata.ts): the least that there has to be, with
 * values that are safe. Of AWS's `requireImdsV2` nothing is inferred: that is as the image says.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { RecoveryPointRow } from '../../catalog/rows/backup-vault.ts';
import { idOfPoint } from '../backups/arns.ts';
import type { RestoreMetadata } from '../backups/restore-metadata.ts';
import { firstZone } from '../site.ts';

export async function inferredMetadata(
  { images, snapshots }: CatalogReader,
  { id, resourceType, region }: RecoveryPointRow,
): Promise<RestoreMetadata> {
  if (resourceType === 'EC2') {
    const { machine } = (await images.get(idOfPoint(id))) ?? {};
    return {
      DisableApiTermination: 'false',
      ...(machine && { InstanceType: machine.instanceType }),
    };
  }
  const snapshot = await snapshots.get(idOfPoint(id));
  return {
    availabilityZone: firstZone(region),
    encrypted: String(snapshot?.encryption !== undefined),
  };
}
