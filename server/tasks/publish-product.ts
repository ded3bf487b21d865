/**
 * PublishProduct: a vendor's image becomes one of the marketplace's, over snapshots of its own with
 * the same blocks, which are not moved. Before that its files are checked, and a finding of high
 * severity is the end of it.
 */

import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageFinding } from '../catalog/rows/image.ts';
import { marketplaceAccount } from '../domain/accounts.ts';
import { refusing } from '../domain/image-findings.ts';
import { checkPublishable, type PublishInput, withVersion } from '../domain/marketplace.ts';
import type { Signing } from '../domain/provenance/signing-keys.ts';
import { insertPublished } from '../domain/published-image.ts';
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
      async run({ input, services: { catalog, clock, masterKey } }) {
        await catalog.write((transaction) =>
          publish(transaction, input, { masterKey, now: clock.now() }),
        );
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
  signing: Signing,
): Promise<void> {
  const { now } = signing;
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
  const wanted = Object.keys(input.snapshotIds);
  const sources = await snapshots.list({ where: { id: wanted } });
  if (sources.length < wanted.length) throw gone(input);
  for (const each of sources) orFail(() => completed(each));
  const { description } = source;
  const name = `${source.name.slice(0, nameMaxChars)}-${input.imageId.replace(/^ami-/, '')}`;
  const as = { name, ...(description !== undefined && { description }) };
  const snapshotDescription = `Of the product ${product.id}`;
  await insertPublished(transaction, source, as, {
    ...input,
    owned,
    snapshotDescription,
    signing,
  });
  const { texts, imageId } = input;
  const told = { ...product, ...definedOf(texts) };
  await products.update(withVersion(told, imageId, { state: 'available' }));
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
  { images, imageManifests, instances, snapshots, products }: CatalogTransaction,
  { imageId, snapshotIds, productCode }: PublishInput,
): Promise<void> {
  const image = await images.get(imageId);
  if ((image?.version ?? 1) > 1) return;
  if (await instances.count({ where: { image: imageId } })) return;
  await images.delete(imageId);
  await imageManifests.delete(imageId);
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
