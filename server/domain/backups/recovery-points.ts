/**
 * Recovery points: what vaults have of instances and volumes, each an image or a snapshot. Nobody
 * deletes such an image or snapshot by EC2's actions, nor does any rule: only with its recovery
 * point does it go.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import {
  type ProtectedResourceRow,
  type RecoveryPointRow,
  resourcePlaces,
} from '../../catalog/rows/backup-vault.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { Owner } from '../viewer.ts';
import { imagePointArn, noBackup, parsedResource, snapshotPointArn } from './arns.ts';
import { requiredVault } from './vaults.ts';

export async function requiredPoint(
  reader: CatalogReader,
  owner: Owner,
  vaultName: string,
  arn: string,
  account?: string,
): Promise<RecoveryPointRow> {
  const vault = await requiredVault(reader, owner, vaultName, account);
  const row = await reader.recoveryPoints.get(arn);
  if (row?.vaultArn === vault.id) return row;
  throw noBackup(`Cannot find recovery point ${arn} in backup vault ${vaultName}.`);
}

export function isPoint({ recoveryPoints }: CatalogReader, arn: string): Promise<boolean> {
  return recoveryPoints.get(arn).then((row) => row !== undefined);
}

/** EC2's errors, in its words. */
export async function checkImageIsNoPoint(reader: CatalogReader, image: ImageRow): Promise<void> {
  if (!(await isPoint(reader, imagePointArn(image)))) return;
  throw new ServiceError(
    'AuthFailure',
    'This image is managed by AWS Backup and cannot be deleted via EC2 APIs. To delete this image, please use the AWS Backup APIs, CLI, or console.',
  );
}

export async function checkSnapshotIsNoPoint(
  reader: CatalogReader,
  snapshot: SnapshotRow,
): Promise<void> {
  if (!(await isPoint(reader, snapshotPointArn(snapshot)))) return;
  throw new ServiceError(
    'InvalidParameterValue',
    'This snapshot is managed by the AWS Backup service and cannot be deleted via EC2 APIs. If you wish to delete this snapshot, please do so via the Backup console.',
  );
}

/**
 * What is told of a resource is of its newest recovery point in its own region: a copy in another is
 * found by the vault. A copy is as old as its original, which is told.
 */
export async function noteMade(
  transaction: CatalogTransaction,
  made: RecoveryPointRow,
): Promise<void> {
  if (parsedResource(made.resourceArn).region !== made.region) return;
  const known = await transaction.protectedResources.get(made.resourceArn);
  if (!known || made.createdAt > known.lastBackupAt) await tell(transaction, made, known);
}

/** Of that which was told, all that are left are looked through. */
export async function noteRemoved(
  transaction: CatalogTransaction,
  { id, account, region, resourceArn }: RecoveryPointRow,
): Promise<void> {
  const { recoveryPoints, protectedResources } = transaction;
  const known = await protectedResources.get(resourceArn);
  if (known?.lastRecoveryPointArn !== id) return;
  const points = await recoveryPoints.list({ where: { account, region, resourceArn } });
  const [newest] = points
    .filter(({ status }) => status === 'AVAILABLE')
    .sort((one, other) => other.createdAt.localeCompare(one.createdAt) || copy(one) - copy(other));
  if (newest) await tell(transaction, newest, known);
  else await protectedResources.delete(resourceArn);
}

/** Enough for what has few points; of what has many the rest is leapt over. */
const keysAtOnce = 20;

/** ARNs of all resources of which vaults of this region have points: copies of another's, too. */
export async function resourcesWithPoints(
  { recoveryPoints }: CatalogReader,
  owner: Owner,
): Promise<string[]> {
  const prefix = resourcePlaces(owner);
  const found: string[] = [];
  for (let last: string | undefined; ; ) {
    // Ids are ARNs: none comes after this one.
    const after = last === undefined ? {} : { after: { value: last, id: '~' } };
    const keys = await recoveryPoints.listKeys('resource', { prefix, limit: keysAtOnce, ...after });
    if (keys.length === 0) return found;
    for (const { value } of keys) {
      if (value !== last) found.push(value.slice(prefix.length));
      last = value;
    }
  }
}

async function tell(
  { protectedResources }: CatalogTransaction,
  newest: RecoveryPointRow,
  known: ProtectedResourceRow | undefined,
): Promise<void> {
  const { id, account, region, createdAt } = newest;
  const { resourceArn, resourceType, resourceName, vaultArn } = newest;
  const told = {
    resourceType,
    resourceName,
    lastBackupAt: createdAt,
    lastVaultArn: vaultArn,
    lastRecoveryPointArn: id,
  };
  if (known) await protectedResources.update({ ...known, ...told });
  else await protectedResources.insert({ id: resourceArn, account, region, createdAt, ...told });
}

/** A copy is as old as its original, which is told first. */
function copy({ sourceVaultArn }: RecoveryPointRow): number {
  return Number(sourceVaultArn !== undefined);
}
