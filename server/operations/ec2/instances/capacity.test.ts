/** How many instances a launch makes: what MinCount and MaxCount leave open, addresses and the host decide. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { RunInstancesRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { runInstances } from './RunInstances.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

/** The number of instances launched. */
async function launched(
  MinCount: number,
  MaxCount: number,
  more: Partial<RunInstancesRequest> = {},
) {
  const input = { ImageId: image.id, MinCount, MaxCount, ...more };
  const { Instances = [] } = await runInstances.run(input, context);
  return Instances.length;
}
const instances = () => context.catalog.read((reader) => reader.instances.list());

describe('between MinCount and MaxCount', () => {
  test('as many as the subnet has addresses for', async () => {
    await context.catalog.write(async ({ subnets }) => {
      for (const row of await subnets.list()) {
        await subnets.update({ ...row, cidr: '172.31.0.0/28' });
      }
    });
    await assert.rejects(launched(12, 50), {
      code: 'InsufficientFreeAddressesInSubnet',
      message: /There are 11 free addresses in subnet subnet-.*; 12 are needed/,
    });
    assert.deepEqual(await instances(), []);
    assert.equal(await launched(1, 1), 1);
    assert.equal(await launched(2, 50), 10);
    const rows = await instances();
    assert.equal(new Set(rows.map(({ privateIp }) => privateIp)).size, 11);
    assert.equal(new Set(rows.map(({ publicIp }) => publicIp)).size, 11);
  });

  test('as many as this Imago has public addresses for', async () => {
    context.site = { ...context.site, publicNetwork: '127.37.0.0/29' };
    await assert.rejects(launched(7, 9), { code: 'InsufficientAddressCapacity' });
    assert.equal(await launched(3, 9), 6);
  });

  test('at most a thousand in one call', async () => {
    assert.equal(await launched(1000, 5000), 1000);
  });
});
