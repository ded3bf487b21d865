/**
 * How many instances a launch makes: what MinCount and MaxCount leave open, addresses and the host
 * decide.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { RunInstancesRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { gibBytes, mibBytes } from '../../../foundations/sizes.ts';
import { buildImage } from '../../imago/BuildImage.ts';
import { describeServer } from '../../imago/DescribeServer.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { attachedVolumeIds, runImage } from '../../test-instances.ts';
import { createImage } from '../images/CreateImage.ts';
import { createSnapshot } from '../snapshots/CreateSnapshot.ts';
import { startInstances } from './StartInstances.ts';

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
  const { Instances = [] } = await runImage(context, image, { MinCount, MaxCount, ...more });
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

describe('the host', () => {
  /** A laptop: of its 8 GiB are 7.5 seen, of which 6.5 are for instances. */
  const laptop = {
    memoryMiB: 7680,
    vcpus: 4,
    diskBytes: 100 * gibBytes,
    freeDiskBytes: 50 * gibBytes,
  };
  const InstanceType = 't3.small';
  const full = { code: 'InsufficientInstanceCapacity' };
  beforeEach(() => {
    context.site = { ...context.site, simulated: false };
    context.measures = laptop;
  });
  const rest = (id: string) =>
    context.catalog.write(async ({ instances: table }) => {
      const row = await table.get(id);
      if (row) await table.update({ ...row, state: 'stopped' });
    });

  test('has memory for so many, and says what to do about the next', async () => {
    await assert.rejects(launched(4, 9, { InstanceType }), {
      ...full,
      message: /Of the 6\.5 GiB .* 0 MiB are taken; needed: 2\.0 GiB for each t3\.small\. Stop or/,
    });
    assert.equal(await launched(1, 9, { InstanceType }), 3);
    await assert.rejects(launched(1, 1, { InstanceType }), full);
    assert.equal(await launched(1, 9, { InstanceType: 't3.nano' }), 1, 'what is left');
  });

  test('takes back what instances at rest have, and gives it out at their start', async () => {
    await launched(3, 3, { InstanceType });
    const [first, second] = (await instances()).map(({ id }) => id);
    for (const id of [first, second]) await rest(id ?? '');
    assert.equal(await launched(1, 1, { InstanceType }), 1);
    const InstanceIds = [first, second].filter((id) => id !== undefined);
    await assert.rejects(startInstances.run({ InstanceIds }, context), full);
    await startInstances.run({ InstanceIds: [InstanceIds[0] ?? ''] }, context);
    await assert.rejects(startInstances.run({ InstanceIds: [InstanceIds[1] ?? ''] }, context), {
      ...full,
      message: /6\.0 GiB are taken; needed: 2\.0 GiB more/,
    });
  });

  test('never has a type that is larger than itself: not at a launch, not at a start', async () => {
    const large = { InstanceType: 't3.large' };
    const tooLarge = {
      ...full,
      message: /^t3\.large has 8\.0 GiB of memory, and this host has 6\.5/,
    };
    await assert.rejects(launched(1, 1, large), tooLarge);
    context.measures = { ...laptop, memoryMiB: 65_536 };
    await launched(1, 1, large);
    const [id = ''] = (await instances()).map((row) => row.id);
    await rest(id);
    context.measures = laptop;
    await assert.rejects(startInstances.run({ InstanceIds: [id] }, context), tooLarge);
  });

  test('may be promised several times over', async () => {
    context.site = { ...context.site, memoryOvercommit: 2 };
    assert.equal(await launched(1, 9, { InstanceType }), 6);
  });

  test('has disk for so many volumes to begin in, less its reserve', async () => {
    const nano = { InstanceType: 't3.nano' };
    context.measures = { ...laptop, freeDiskBytes: 512 * mibBytes + 3 * 32 * mibBytes };
    await assert.rejects(launched(4, 9, nano), {
      ...full,
      message:
        /608 MiB are free, of which 512 MiB are kept for Imago itself\. Terminate instances,/,
    });
    const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1000 } }];
    assert.equal(await launched(1, 9, { ...nano, BlockDeviceMappings }), 1, 'two volumes each');
    assert.equal(await launched(1, 9, nano), 3);
  });

  test('without disk captures nothing, and builds nothing', async () => {
    await launched(1, 1, { InstanceType });
    const [row] = await instances();
    context.measures = { ...laptop, freeDiskBytes: 512 * mibBytes };
    const noRoom = {
      code: 'InsufficientVolumeCapacity',
      message: /The disk of this host is nearly/,
    };
    const InstanceId = row?.id ?? '';
    await assert.rejects(createImage.run({ InstanceId, Name: 'golden' }, context), noRoom);
    const [VolumeId = ''] = await attachedVolumeIds(context, row?.id ?? '');
    await assert.rejects(createSnapshot.run({ VolumeId }, context), noRoom);
    await assert.rejects(buildImage.run({ Name: 'micro' }, context), noRoom);
    assert.equal(await context.catalog.read(({ tasks }) => tasks.count()), 0);
  });

  test('that simulates its machines has memory for any number', async () => {
    context.site = { ...context.site, simulated: true };
    assert.equal(await launched(1000, 1000, { InstanceType: 'r5.2xlarge' }), 1000);
  });
});

test('DescribeServer tells what there is, what is taken, what is free', async () => {
  context.site = { ...context.site, simulated: false, blockCacheBytes: gibBytes };
  context.measures = {
    memoryMiB: 16_384,
    vcpus: 8,
    diskBytes: 2000 * mibBytes,
    freeDiskBytes: 900 * mibBytes,
  };
  await launched(2, 2, { InstanceType: 't3.micro' });
  const { Capacity } = await describeServer.run({}, context);
  assert.deepEqual(Capacity, {
    Memory: {
      TotalMiB: 16_384,
      // 256 MiB of the cache are in it anyhow.
      ReservedMiB: 1536 + 768,
      BlockCacheMiB: 1024,
      ForInstancesMiB: 14_080,
      CommittedMiB: 2048,
      FreeMiB: 12_032,
    },
    Vcpus: { Total: 8, Committed: 4 },
    Disk: {
      TotalBytes: 2000 * mibBytes,
      FreeBytes: 900 * mibBytes,
      ReservedBytes: 100 * mibBytes,
      // Until blocks have been looked through for the first time.
      BlockBytes: undefined,
      ReclaimableBytes: undefined,
      PlainBaseBytes: 0,
    },
    RegionDisks: [],
  });
});
