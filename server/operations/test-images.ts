/**
 * Rows of images and snapshots for tests of operations: as a build or a capture would have left
 * them.
 */
import type { ImageRow } from '../catalog/rows/image.ts';
import type { ProductRow } from '../catalog/rows/marketplace.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { ImageUsageReportRow } from '../catalog/rows/usage-report.ts';
import { image, rootDisk, snapshot } from '../catalog/test-rows.ts';
import { providerAccount } from '../domain/accounts.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import type { OperationContext } from './operation.ts';

/** A completed snapshot of the caller, of 8 GiB. */
export async function insertSnapshot(
  { catalog, caller, clock, ids }: OperationContext,
  change: Partial<SnapshotRow> = {},
): Promise<SnapshotRow> {
  const row = snapshot(ids.resource('snap'), {
    account: caller.account,
    region: caller.region,
    createdAt: clock.now().toISOString(),
    ...change,
  });
  await catalog.write(({ snapshots }) => snapshots.insert(row));
  return row;
}

/** An available image over a snapshot of its own, with its manifest; the caller's, private. */
export async function insertImage(
  context: OperationContext,
  change: Partial<ImageRow> = {},
): Promise<ImageRow> {
  const { catalog, caller, clock, ids, masterKey } = context;
  const { account = caller.account, region = caller.region } = change;
  const { id: snapshotId, volumeSizeGiB } = await insertSnapshot(context, { account, region });
  const id = ids.resource('ami');
  const row = image(id, {
    account,
    region,
    createdAt: clock.now().toISOString(),
    name: `image ${id}`,
    blockDeviceMappings: rootDisk(volumeSizeGiB, snapshotId),
    ...change,
  });
  await catalog.write(async (transaction) => {
    await transaction.images.insert(row);
    await recordManifest(transaction, row, { masterKey, now: clock.now() });
  });
  return row;
}

/** Of the caller, with a code of its own and no version. */
export async function newProduct(
  { catalog, caller, clock, ids }: OperationContext,
  change: Partial<ProductRow> = {},
): Promise<ProductRow> {
  const texts = { title: 'Web server', description: '', price: '', terms: '' };
  const row = {
    id: ids.resource('').replace('-', '').padStart(25, 'a'),
    account: caller.account,
    createdAt: clock.now().toISOString(),
    ...texts,
    versions: [],
    ...change,
  };
  await catalog.write(({ products }) => products.insert(row));
  return row;
}

/** Of the caller, available, about an image that nobody uses. */
export async function newReport(
  { catalog, caller, clock, ids }: OperationContext,
  change: Partial<ImageUsageReportRow> = {},
): Promise<ImageUsageReportRow> {
  const row: ImageUsageReportRow = {
    id: ids.resource('amiur'),
    account: caller.account,
    region: caller.region,
    createdAt: clock.now().toISOString(),
    imageId: ids.resource('ami'),
    state: 'available',
    resourceTypes: [{ name: 'ec2:Instance' }],
    expiresAt: new Date(clock.now().getTime() + 30 * 24 * 3_600_000).toISOString(),
    entries: [],
    tags: {},
    ...change,
  };
  await catalog.write(({ imageUsageReports }) => imageUsageReports.insert(row));
  return row;
}

/** Public, of the provider. */
export function insertProviderImage(
  context: OperationContext,
  change: Partial<ImageRow> = {},
): Promise<ImageRow> {
  const { id: account, alias: ownerAlias } = providerAccount;
  return insertImage(context, { account, ownerAlias, launchPermissions: ['all'], ...change });
}
