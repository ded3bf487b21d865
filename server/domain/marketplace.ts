/**
 * The marketplace: products, which are images that a vendor publishes in versions, in one region
 * each, under one product code:
 *
 *   PublishProduct --> a version is checking --(tasks/publish-product.ts)--> available
 *                                                                      \--> refused
 *   RetireProduct: nobody subscribes any more, and its images are deprecated
 *
 * The image of a version is the marketplace's own, made of the vendor's: what the vendor does with
 * his afterwards changes nothing for those who launch it. Who may launch it is product-codes.ts's.
 * Prices are words: nothing is charged.
 */
import { randomInt } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import { type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import type { ProductRow, ProductVersion } from '../catalog/rows/marketplace.ts';
import { notPermitted } from './accounts.ts';
import type { Clock, Ids } from './identity.ts';
import { checkAvailable } from './images.ts';
import { subscriptionId } from './product-codes.ts';
import { newTask } from './tasks.ts';
import type { Viewer } from './viewer.ts';

/** Of AWS's codes. */
const codeChars = 'abcdefghijklmnopqrstuvwxyz0123456789';
const codeLength = 25;
const codePattern = /^[a-z0-9]{25}$/;
const versionsMax = 100;

/** What a vendor says of a product, and how long it may be. */
const textMaxChars = { title: 255, description: 4000, price: 255, terms: 20_000 };
const versionMaxChars = 64;

export type ProductTexts = { [Name in keyof typeof textMaxChars]?: string };

export interface PublishInput {
  productCode: string;
  sourceImageId: string;
  /** Ids are given out before, so that publishing twice is publishing once. */
  imageId: string;
  /** By the vendor's. */
  snapshotIds: Record<string, string>;
  /** For the product, once the version is available. */
  texts: ProductTexts;
}

type ProductViewer = Viewer & { operator: boolean };

/** One that has nothing to launch yet is its vendor's alone. */
export function seesProduct({ account, operator }: ProductViewer, product: ProductRow): boolean {
  const { versions } = product;
  return operator || product.account === account || versions.some(isAvailable);
}

function isAvailable({ state }: ProductVersion): boolean {
  return state === 'available';
}

export async function requiredProduct(
  { products }: CatalogReader,
  viewer: ProductViewer,
  code: string,
): Promise<ProductRow> {
  const row = await products.get(code);
  if (row && seesProduct(viewer, row)) return row;
  throw new ServiceError('NoSuchEntity', `There is no product with the code '${code}'.`);
}

/** Its product code, and the version that is being checked from now on. */
export async function orderPublication(
  transaction: CatalogTransaction,
  viewer: Viewer,
  image: ImageRow,
  asked: { productCode?: string; version?: string; texts: ProductTexts; host: string },
  identity: { clock: Clock; ids: Ids },
): Promise<{ product: ProductRow; version: ProductVersion; taskId: string }> {
  const { texts, host } = asked;
  checkPublishable(image);
  checkTexts(texts);
  const { clock, ids } = identity;
  const createdAt = clock.now().toISOString();
  const before = await productOf(transaction, viewer, asked.productCode, texts, createdAt);
  const { name, kept } = versionName(before, viewer, asked.version);
  const version: ProductVersion = {
    name,
    region: viewer.region,
    imageId: ids.resource('ami'),
    sourceImageId: image.id,
    state: 'checking',
    createdAt,
  };
  const { products, tasks } = transaction;
  const product = await products.update({ ...before, versions: [...kept, version] });
  const input: PublishInput = {
    productCode: product.id,
    sourceImageId: image.id,
    imageId: version.imageId,
    snapshotIds: Object.fromEntries(snapshotIdsOf(image).map((id) => [id, ids.resource('snap')])),
    texts,
  };
  const { account, region } = viewer;
  const order = { kind: 'publish-product', subject: image.id, account, region, host, input };
  const task = newTask(order, identity);
  await tasks.insert(task);
  return { product, version, taskId: task.id };
}

/** What EC2 lists as well: no image of another's product, and none for some types only. */
export function checkPublishable(image: ImageRow): void {
  checkAvailable(image);
  if (image.productCodes?.length) {
    throw notPermitted(
      `The image ${image.id} is of a product already (${image.productCodes.join(', ')}): what was made of a product is not published as another.`,
    );
  }
  if (image.instanceTypes) {
    throw notPermitted(
      `The image ${image.id} has an instance type specification, with which it cannot be listed in the marketplace: remove that first.`,
    );
  }
}

/** The vendor's product with this code; a new one where nobody has it. */
async function productOf(
  { products }: CatalogTransaction,
  { account }: Viewer,
  code: string | undefined,
  texts: ProductTexts,
  createdAt: string,
): Promise<ProductRow> {
  if (code !== undefined && !codePattern.test(code)) {
    throw invalid(`A product code has ${codeLength} lower-case letters and digits.`);
  }
  const known = code === undefined ? undefined : await products.get(code);
  if (known) {
    if (known.account !== account) {
      throw new ServiceError(
        'EntityAlreadyExists',
        `The product code ${code} is taken; leave it out to be given one.`,
      );
    }
    if (known.retiredAt) throw notPermitted(`The product ${code} has been retired.`);
    return known;
  }
  if (!texts.title) throw invalid('A new product needs a Title.');
  const { title, description = '', price = '', terms = '' } = texts;
  const row = { id: code ?? newCode(), account, createdAt, title, description, price, terms };
  await products.insert({ ...row, versions: [] });
  return (await products.get(row.id)) as ProductRow;
}

function newCode(): string {
  return Array.from({ length: codeLength }, () => codeChars[randomInt(codeChars.length)]).join('');
}

function checkTexts(texts: ProductTexts): void {
  for (const [name, maxChars] of Object.entries(textMaxChars)) {
    const text = texts[name as keyof ProductTexts];
    if (text === undefined || text.length <= maxChars) continue;
    throw invalid(`The ${name} of a product has at most ${maxChars} characters.`);
  }
  if (texts.title === '') throw invalid('The title of a product is not empty.');
}

/** Without a name: the next number. A name that was refused is free again, in its region. */
function versionName(
  { id, versions }: ProductRow,
  { region }: Viewer,
  asked: string | undefined,
): { name: string; kept: ProductVersion[] } {
  const ofRegion = versions.filter((each) => each.region === region && each.state !== 'refused');
  const name = asked ?? String(ofRegion.length + 1);
  if (name === '' || name.length > versionMaxChars) {
    throw invalid(`A version has 1 to ${versionMaxChars} characters.`);
  }
  if (ofRegion.some((each) => each.name === name)) {
    throw new ServiceError('EntityAlreadyExists', `The product ${id} has a version ${name}.`);
  }
  const kept = versions.filter((each) => each.name !== name || each.region !== region);
  if (kept.length >= versionsMax) {
    throw new ServiceError('LimitExceeded', `A product has at most ${versionsMax} versions.`);
  }
  return { name, kept };
}

/** The version of this image in another state. */
export function withVersion(
  product: ProductRow,
  imageId: string,
  change: Partial<ProductVersion>,
): ProductRow {
  const versions = product.versions.map((version) =>
    version.imageId === imageId ? { ...version, ...change } : version,
  );
  return { ...product, versions };
}

/** Who subscribes accepts the terms. Twice is once. */
export async function subscribe(
  { subscriptions }: CatalogTransaction,
  { account }: Viewer,
  product: ProductRow,
  now: Date,
): Promise<void> {
  const id = subscriptionId(account, product.id);
  if (await subscriptions.get(id)) return;
  if (product.retiredAt) throw notPermitted(`The product ${product.id} has been retired.`);
  await subscriptions.insert({ id, account, product: product.id, createdAt: now.toISOString() });
}

/** Those who are subscribed launch it as before; for others its images are deprecated. */
export async function retire(
  { products, images }: CatalogTransaction,
  { account, operator }: ProductViewer,
  product: ProductRow,
  now: Date,
): Promise<ProductRow> {
  if (product.account !== account && !operator) {
    throw notPermitted(`The product ${product.id} is of account ${product.account}.`);
  }
  if (product.retiredAt) return product;
  const retiredAt = now.toISOString();
  for (const { imageId } of product.versions.filter(isAvailable)) {
    const image = await images.get(imageId);
    if (image) await images.update({ ...image, deprecationTime: retiredAt });
  }
  return products.update({ ...product, retiredAt });
}

/** Of these products, the codes of those that the account is subscribed to. */
export async function subscribedOf(
  { subscriptions }: CatalogReader,
  { account }: Viewer,
  products: readonly ProductRow[],
): Promise<ReadonlySet<string>> {
  const id = products.map((product) => subscriptionId(account, product.id));
  const rows = await subscriptions.list({ where: { id } });
  return new Set(rows.map(({ product }) => product));
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
