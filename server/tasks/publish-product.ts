/**
 * PublishProduct: a vendor's image becomes one of the marketplace's, over snapshots of its own with
 * the same blocks, which are not moved. Before that its files are checked, and a finding of high
 * severity is the end of it.
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { BlockDeviceMapping, ImageFinding, ImageRow } from '../catalog/rows/image.ts';
import { marketplaceAccount } from '../domain/accounts.ts';
import { refusing } from '../domain/image-findings.ts';
import { checkPublishable, type PublishInput, withVersion } from '../domain/marketplace.ts';
import { completed } from '../domain/snapshots.ts';
import { type CheckOutput, scanImage } from './check-image.ts';
import { defineTask, orFail, TaskFailure } from './task.ts';

interface Outputs {
  check: CheckOutput;
  publish: { imageId: string };
}

/** So that the image's id fits behind it: EC2's limit of names is 128 characters. */
const nameMaxChars = 110;

export const publishProduct = defineTask<PublishInput, Outputs>({
  kind: 'publish-product',
  steps: [
    {
      name: 'check',
      async run({ input, services, signal }) {
        const scan = await scanImage(services, input.sourceImageId, signal);
        const refused = refusing(scan);
        if (refused.length > 0) throw findingsRefuse(input, refused);
        return { findings: scan.findings.length };
      },
    },
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
  const { enaSupport, sriovNetSupport, uefiData, tpmSupport, scan } = source;
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
    name: `${source.name.slice(0, nameMaxChars)}-${imageId.replace(/^ami-/, '')}`,
    ...(description !== undefined && { description }),
    state: 'available' as const,
    launchPermissions: ['all'],
    architecture,
    rootDeviceName,
    blockDeviceMappings: mappings,
    ...(bootMode && { bootMode }),
    ...(uefiData !== undefined && { uefiData }),
    ...(tpmSupport && { tpmSupport }),
    ...(imdsSupport && { imdsSupport }),
    ...(enaSupport && { enaSupport }),
    ...(sriovNetSupport && { sriovNetSupport }),
    ...(scan && { scan: { ...scan, findings } }),
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

function findingsRefuse({ sourceImageId }: PublishInput, findings: ImageFinding[]): TaskFailure {
  const told = findings.map(
    ({ title, paths, advice }) => `${title} (${paths.join(', ')}). ${advice}`,
  );
  const code = 'Client.ImageFindings';
  return new TaskFailure(
    code,
    `${code}: ${sourceImageId} is not fit for others: ${told.join(' ')}`,
  );
}

function gone({ sourceImageId }: PublishInput): TaskFailure {
  const code = 'Client.InvalidAMIID.NotFound';
  return new TaskFailure(code, `${code}: The image ${sourceImageId} has been deregistered.`);
}
