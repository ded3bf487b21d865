/** Products as their vendors order them and others see and subscribe to them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { PublishProductRequest } from '../../../api/imago-marketplace.ts';
import { marketplaceAccount } from '../../domain/accounts.ts';
import type { PublishInput } from '../../domain/marketplace.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, newProduct } from '../test-images.ts';
import { deleteAccount } from './DeleteAccount.ts';
import { describeProduct } from './DescribeProduct.ts';
import { listProducts } from './ListProducts.ts';
import { publishProduct } from './PublishProduct.ts';
import { retireProduct } from './RetireProduct.ts';
import { subscribeProduct } from './SubscribeProduct.ts';
import { unsubscribeProduct } from './UnsubscribeProduct.ts';

let context: TestContext;
let vendor: OperationContext;
let customer: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  vendor = await context.asNewAccount();
  customer = await context.asNewAccount();
});
afterEach(() => context[Symbol.asyncDispose]());

const code = 'a1b2c3d4e5f6g7h8i9j0k1l2m';
const version = {
  name: '1',
  region: 'us-east-1',
  imageId: 'ami-00000000000000abc',
  sourceImageId: 'ami-00000000000000def',
  state: 'available',
  createdAt: '2026-11-23T10:00:00.000Z',
} as const;

async function publish(input: Partial<PublishProductRequest> = {}, as = vendor) {
  const image = await insertImage(as);
  return publishProduct.run({ ImageId: image.id, Title: 'Web', ...input }, as);
}

describe('PublishProduct', () => {
  test('orders the first version of a new product, with a code that is given or made', async () => {
    const texts = { Title: 'Web', Description: 'a server', Price: '1 a day', Terms: 'be nice' };
    const image = await insertImage(vendor);
    const given = { ImageId: image.id, ProductCode: code, Version: '1.0', ...texts };
    const { Product: product, ImageId, TaskId } = await publishProduct.run(given, vendor);
    assert.deepEqual(product, {
      ProductCode: code,
      VendorId: vendor.caller.account,
      ...texts,
      Status: 'Active',
      Subscribed: false,
      Versions: [
        {
          Version: '1.0',
          Region: 'us-east-1',
          ImageId,
          SourceImageId: image.id,
          Status: 'checking',
          StatusReason: undefined,
          CreateDate: context.now,
        },
      ],
      CreateDate: context.now,
    });
    const task = await context.catalog.read(({ tasks }) => tasks.get(TaskId));
    assert.equal(task?.subject, image.id);
    const { snapshotIds, ...input } = (task?.input ?? {}) as PublishInput;
    assert.equal(input.imageId, ImageId);
    assert.deepEqual(Object.keys(snapshotIds), [image.blockDeviceMappings[0]?.ebs.snapshotId]);
    const { Product: other } = await publish();
    assert.match(other.ProductCode, /^[a-z0-9]{25}$/);
    assert.equal(other.Versions[0]?.Version, '1');
  });

  test('a later version goes to the same product; the same name twice is refused', async () => {
    await publish({ ProductCode: code });
    const { Product: product } = await publish({ ProductCode: code, Title: undefined });
    assert.deepEqual(
      product.Versions.map(({ Version }) => Version),
      ['2', '1'],
    );
    const taken = { code: 'EntityAlreadyExists' };
    await assert.rejects(publish({ ProductCode: code, Version: '2' }), taken);
    await assert.rejects(publish({ ProductCode: code }, customer), taken);
  });

  test('what it refuses', async () => {
    const invalid = { code: 'InvalidParameterValue' };
    await assert.rejects(publish({ ProductCode: 'A1' }), invalid);
    await assert.rejects(publish({ Title: undefined }), invalid);
    await assert.rejects(publish({ Title: 'x'.repeat(256) }), invalid);
    await assert.rejects(publish({ Version: '' }), invalid);
    const refused = { code: 'OperationNotPermitted' };
    const coded = await insertImage(vendor, { productCodes: [code] });
    await assert.rejects(publish({ ImageId: coded.id }), refused);
    const instanceTypes = { supported: ['t3.micro'], unsupported: [] };
    const typed = await insertImage(vendor, { instanceTypes });
    await assert.rejects(publish({ ImageId: typed.id }), refused);
    const disabled = await insertImage(vendor, { state: 'disabled' });
    await assert.rejects(publish({ ImageId: disabled.id }), { code: 'InvalidAMIID.Unavailable' });
    const retired = await newProduct(vendor, { retiredAt: version.createdAt });
    await assert.rejects(publish({ ProductCode: retired.id }), refused);
  });
});

describe('what others see of products', () => {
  test('those with something to launch, and of their versions those alone', async () => {
    const hidden = await newProduct(vendor);
    const refused = { ...version, name: '2', state: 'refused' as const, reason: 'a password' };
    const shown = await newProduct(vendor, { versions: [version, refused] });
    const codes = async (as: OperationContext) =>
      (await listProducts.run({}, as)).Products.map(({ ProductCode }) => ProductCode);
    assert.deepEqual(await codes(customer), [shown.id]);
    assert.deepEqual((await codes(vendor)).sort(), [hidden.id, shown.id].sort());
    const describe = (as: OperationContext, id = shown.id) =>
      describeProduct.run({ ProductCode: id }, as);
    const { Product: seen } = await describe(customer);
    assert.deepEqual(
      seen.Versions.map(({ Version, SourceImageId }) => [Version, SourceImageId]),
      [['1', undefined]],
    );
    const { Product: own } = await describe(vendor);
    assert.deepEqual(
      own.Versions.map(({ Status, StatusReason }) => [Status, StatusReason]),
      [
        ['refused', 'a password'],
        ['available', undefined],
      ],
    );
    await assert.rejects(describe(customer, hidden.id), { code: 'NoSuchEntity' });
  });

  test('in pages, without those in between that are hidden', async () => {
    for (let count = 0; count < 14; count++) {
      await newProduct(vendor, count % 2 ? { versions: [version] } : {});
    }
    const first = await listProducts.run({ MaxResults: 5 }, customer);
    assert.equal(first.Products.length, 5);
    const next = { MaxResults: 5, NextToken: first.NextToken };
    const second = await listProducts.run(next, customer);
    assert.deepEqual([second.Products.length, second.NextToken], [2, undefined]);
  });
});

describe('subscriptions', () => {
  test('are of an account, made once, and ended', async () => {
    const { id: ProductCode } = await newProduct(vendor, { versions: [version] });
    const { Product: product } = await subscribeProduct.run({ ProductCode }, customer);
    assert.equal(product.Subscribed, true);
    await subscribeProduct.run({ ProductCode }, customer);
    const [listed] = (await listProducts.run({}, customer)).Products;
    assert.equal(listed?.Subscribed, true);
    const byVendor = await describeProduct.run({ ProductCode }, vendor);
    assert.equal(byVendor.Product.Subscribed, false);
    const ended = await unsubscribeProduct.run({ ProductCode }, customer);
    assert.equal(ended.Product.Subscribed, false);
  });

  test('are not made to what is retired, and stay when it is', async () => {
    const image = await insertImage(context, { account: marketplaceAccount.id });
    const versions = [{ ...version, imageId: image.id }];
    const { id: ProductCode } = await newProduct(vendor, { versions });
    const input = { ProductCode };
    const other = await context.asNewAccount();
    await subscribeProduct.run(input, customer);
    await assert.rejects(retireProduct.run(input, customer), { code: 'OperationNotPermitted' });
    const { Product: retired } = await retireProduct.run(input, vendor);
    assert.equal(retired.Status, 'Retired');
    const row = await context.catalog.read(({ images }) => images.get(image.id));
    assert.equal(row?.deprecationTime, context.now.toISOString());
    await assert.rejects(subscribeProduct.run(input, other), { code: 'OperationNotPermitted' });
    const { Product: still } = await subscribeProduct.run(input, customer);
    assert.equal(still.Subscribed, true);
  });

  test('go with their account; a vendor’s account stays as long as its products', async () => {
    const { id: ProductCode } = await newProduct(vendor, { versions: [version] });
    await subscribeProduct.run({ ProductCode }, customer);
    await deleteAccount.run({ Account: customer.caller.account }, context);
    const left = await context.catalog.read(({ subscriptions }) => subscriptions.list());
    assert.deepEqual(left, []);
    const ofVendor = deleteAccount.run({ Account: vendor.caller.account }, context);
    await assert.rejects(ofVendor, { code: 'DeleteConflict', message: /1 products/ });
  });
});
