/**
 * PublishProduct: a vendor's image becomes one of the marketplace's, over snapshots of its own with
 * the same blocks, which are not moved.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { BlockDeviceMapping, ImageRow } from '../catalog/rows/image.ts';
import { marketplaceAccount } from '../domain/accounts.ts';
import { checkPublishable, type PublishInput, withVersion } from '../domain/marketplace.ts';
import { completed } from '../domain/snapshots.ts';
import { defineTask, TaskFailure } from './task.ts';

interface Outputs {
  publish: { imageId: string };
}

/** So that the image's id fits behind it: EC2's limit of names is 128 characters. */
const nameMaxChars = 110;

export const publishProduct = defineTask<PublishInput, Outputs>({
  kind: 'publish-product',
  steps: [
    {
      name: 'publish',
      async run({ input, services: { catalog, clock } }) {
        await catalog.write((transaction) => publish(transaction, input, clock.now()));
        return { imageId: input.imageId };
      },
      undo: ({ input, services }) =>
        services.catalog.write((transaction) => unpublish(transaction, input)),
    },
  ],
  async failed({ input, services: { catalog } }, { message: reason }) {
    await catalog.write(async ({ images, products }) => {
      const product = await products.get(input.productCode);
      // What somebody has launched meanwhile stays.
      if (!product || (await images.get(input.imageId))) return;
      await products.update(withVersion(product, input.imageId, { state: 'refused', reason }));
    });
  },
});

async function publish(
  transaction: CatalogTransaction,
  input: PublishInput,
  now: Date,
): Promise<void> {
  const { images, snapshots, products } = transaction;
  if (await images.get(input.imageId)) return;
  const product = await products.get(input.productCode);
  const source = await images.get(input.sourceImageId);
  if (!product || !source) throw gone(input);
  orFail(() => checkPublishable(source));
  await ensureAccount(transaction, now);
  const common = { createdAt: now.toISOString(), productCodes: [product.id], tags: {} };
  const { id: account, alias: ownerAlias } = marketplaceAccount;
  const owned = { account, region: source.region, ownerAlias, ...common };
  for (const [from, id] of Object.entries(input.snapshotIds)) {
    const row = await snapshots.get(from);
    if (!row) throw gone(input);
    const { root, fullSizeBytes, volumeId, volumeSizeGiB } = orFail(() => completed(row));
    const { createdAt: startedAt } = owned;
    await snapshots.insert({
      ...owned,
      id,
      state: 'completed',
      progressPercent: 100,
      description: `Of the product ${product.id}`,
      volumeId,
      volumeSizeGiB,
      startedAt,
      completedAt: startedAt,
      root,
      fullSizeBytes,
    });
  }
  await images.insert({ ...publishedImage(source, input), ...owned });
  const { texts, imageId } = input;
  const told = { ...product, ...definedOf(texts) };
  await products.update(withVersion(told, imageId, { state: 'available' }));
}

/** All that says what it needs and supports, and nothing of whose it was. */
function publishedImage(source: ImageRow, { imageId, snapshotIds }: PublishInput) {
  const { architecture, rootDeviceName, bootMode, imdsSupport, description } = source;
  const { enaSupport, sriovNetSupport } = source;
  const mappings = source.blockDeviceMappings.map(
    ({ deviceName, ebs }): BlockDeviceMapping => ({
      deviceName,
      ebs: { ...ebs, snapshotId: snapshotIds[ebs.snapshotId ?? ''] },
    }),
  );
  return {
    id: imageId,
    name: `${source.name.slice(0, nameMaxChars)}-${imageId.replace(/^ami-/, '')}`,
    ...(description !== undefined && { description }),
    state: 'available' as const,
    launchPermissions: ['all'],
    architecture,
    rootDeviceName,
    blockDeviceMappings: mappings,
    ...(bootMode && { bootMode }),
    ...(imdsSupport && { imdsSupport }),
    ...(enaSupport && { enaSupport }),
    ...(sriovNetSupport && { sriovNetSupport }),
  };
}

function definedOf<T extends object>(members: T): Partial<T> {
  const defined = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as Partial<T>;
}

async function ensureAccount({ accounts }: CatalogTransaction, now: Date): Promise<void> {
  if (await accounts.get(marketplaceAccount.id)) return;
  await accounts.insert({ ...marketplaceAccount, createdAt: now.toISOString() });
}

/** Takes back what a failed write has written after all; what somebody has used since stays. */
async function unpublish(
  { images, instances, snapshots, products }: CatalogTransaction,
  { imageId, snapshotIds, productCode }: PublishInput,
): Promise<void> {
  const image = await images.get(imageId);
  if ((image?.version ?? 1) > 1) return;
  if (await instances.count({ where: { image: imageId } })) return;
  await images.delete(imageId);
  for (const id of Object.values(snapshotIds)) await snapshots.delete(id);
  const product = await products.get(productCode);
  if (product) await products.update(withVersion(product, imageId, { state: 'checking' }));
}

/** What a request would be told ends the task. */
function orFail<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new TaskFailure(`Client.${error.code}`, error.message);
  }
}

function gone({ sourceImageId }: PublishInput): TaskFailure {
  const code = 'Client.InvalidAMIID.NotFound';
  return new TaskFailure(code, `${code}: The image ${sourceImageId} has been deregistered.`);
}
