import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { CreateVolumeRequest } from '../../../../api/generated/ec2-types.ts';
import { gibBytes, mibBytes } from '../../../foundations/sizes.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertSnapshot, newProduct } from '../../test-images.ts';
import { createVolume } from './CreateVolume.ts';
import { deleteVolume } from './DeleteVolume.ts';
import { describeVolumeAttribute } from './DescribeVolumeAttribute.ts';
import { describeVolumes } from './DescribeVolumes.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const zone = { AvailabilityZone: 'us-east-1a' };

function create(request: CreateVolumeRequest, as: OperationContext = context) {
  return createVolume.run({ ...zone, ...request }, as);
}

const rowOf = (id = '') => context.catalog.read(({ volumes }) => volumes.get(id));

test('an empty volume is there at once, of EC2’s default type', async () => {
  const Tags = [{ Key: 'Name', Value: 'data' }];
  const made = await create({
    Size: 4,
    TagSpecifications: [{ ResourceType: 'volume', Tags }],
  });
  assert.deepEqual(
    [made.State, made.Size, made.VolumeType, made.Iops, made.Throughput, made.SnapshotId],
    ['available', 4, 'gp2', 100, undefined, ''],
  );
  assert.deepEqual(
    [made.AvailabilityZone, made.AvailabilityZoneId, made.Encrypted, made.Tags],
    ['us-east-1a', 'use1-az1', false, Tags],
  );
  const { Volumes = [] } = await describeVolumes.run({ VolumeIds: [made.VolumeId ?? ''] }, context);
  const { Attachments, FastRestored, ...shown } = Volumes[0] ?? {};
  assert.deepEqual([shown, Attachments, FastRestored], [made, [], false]);
  const row = await rowOf(made.VolumeId);
  assert.deepEqual([row?.base, row?.host], [undefined, context.site.hostId]);
});

test('the zone is named in one of two ways, and there', async () => {
  const byId = await createVolume.run({ Size: 1, AvailabilityZoneId: 'use1-az1' }, context);
  assert.equal(byId.AvailabilityZone, 'us-east-1a');
  const refused: [CreateVolumeRequest, string][] = [
    [{}, 'MissingParameter'],
    [{ AvailabilityZone: 'us-east-1c' }, 'InvalidZone.NotFound'],
    [{ AvailabilityZoneId: 'use1-az9' }, 'InvalidZone.NotFound'],
    [{ ...zone, AvailabilityZoneId: 'use1-az1' }, 'InvalidParameterCombination'],
  ];
  for (const [request, code] of refused) {
    await assert.rejects(createVolume.run({ Size: 1, ...request }, context), { code });
  }
});

test('one of a snapshot is as large as that, or larger, and of its product', async () => {
  const { id: product } = await newProduct(context);
  const productCodes = [product];
  const { id: SnapshotId, root } = await insertSnapshot(context, { productCodes });
  const made = await create({ SnapshotId });
  assert.deepEqual([made.Size, made.SnapshotId], [8, SnapshotId]);
  const larger = await rowOf((await create({ SnapshotId, Size: 20 })).VolumeId);
  assert.deepEqual([larger?.sizeGiB, larger?.base], [20, { root, sizeBytes: 8 * gibBytes }]);
  const shown = await describeVolumeAttribute.run(
    { VolumeId: larger?.id ?? '', Attribute: 'productCodes' },
    context,
  );
  assert.deepEqual(shown.ProductCodes, [
    { ProductCodeId: product, ProductCodeType: 'marketplace' },
  ]);
  await assert.rejects(create({ SnapshotId, Size: 7 }), { code: 'InvalidParameterValue' });
  await assert.rejects(create({}), { code: 'MissingParameter' });
});

test('of a snapshot of others with their permission only', async () => {
  const stranger = await context.asNewAccount();
  const shared = [stranger.caller.account];
  const { id: own } = await insertSnapshot(context);
  const { id: ofShared } = await insertSnapshot(context, { createVolumePermissions: shared });
  const { id: ofAll } = await insertSnapshot(context, { createVolumePermissions: ['all'] });
  await assert.rejects(create({ SnapshotId: own }, stranger), {
    code: 'InvalidSnapshot.NotFound',
  });
  for (const SnapshotId of [ofShared, ofAll]) {
    const made = await create({ SnapshotId }, stranger);
    assert.equal(made.OwnerId, stranger.caller.account);
  }
  const { id: pending } = await insertSnapshot(context, { state: 'pending', root: undefined });
  await assert.rejects(create({ SnapshotId: pending }), { code: 'IncorrectState' });
});

test('types have their sizes, IOPS and throughput', async () => {
  const offered: [CreateVolumeRequest, (number | undefined)[]][] = [
    [{ VolumeType: 'gp3', Size: 1 }, [3000, 125]],
    [{ VolumeType: 'gp3', Size: 8, Iops: 4000, Throughput: 1000 }, [4000, 1000]],
    [{ VolumeType: 'gp3', Size: 65_536, Iops: 80_000, Throughput: 2000 }, [80_000, 2000]],
    [{ VolumeType: 'gp2', Size: 16_384 }, [16_000, undefined]],
    [{ VolumeType: 'io1', Size: 4, Iops: 200 }, [200, undefined]],
    [{ VolumeType: 'io2', Size: 256, Iops: 256_000 }, [256_000, undefined]],
    [{ VolumeType: 'st1', Size: 125 }, [undefined, undefined]],
    [{ VolumeType: 'sc1', Size: 16_384 }, [undefined, undefined]],
    [{ VolumeType: 'standard', Size: 1024 }, [undefined, undefined]],
  ];
  for (const [request, figures] of offered) {
    const made = await create(request);
    assert.deepEqual([made.Iops, made.Throughput], figures, made.VolumeType);
  }
  const [value, combination] = ['InvalidParameterValue', 'InvalidParameterCombination'];
  const refused: [CreateVolumeRequest, string][] = [
    [{ VolumeType: 'gp4' as 'gp3', Size: 1 }, 'UnknownVolumeType'],
    [{ VolumeType: 'gp2', Size: 0 }, value],
    [{ VolumeType: 'gp2', Size: 16_385 }, value],
    [{ VolumeType: 'gp3', Size: 65_537 }, value],
    [{ VolumeType: 'io1', Size: 3, Iops: 100 }, value],
    [{ VolumeType: 'st1', Size: 124 }, value],
    [{ VolumeType: 'standard', Size: 1025 }, value],
    [{ VolumeType: 'gp3', Size: 100, Iops: 2999 }, value],
    [{ VolumeType: 'gp3', Size: 1000, Iops: 80_001 }, value],
    [{ VolumeType: 'gp3', Size: 7, Iops: 3501 }, value],
    [{ VolumeType: 'gp3', Size: 8, Throughput: 751 }, value],
    [{ VolumeType: 'gp3', Size: 8, Throughput: 124 }, value],
    [{ VolumeType: 'io1', Size: 4, Iops: 201 }, value],
    [{ VolumeType: 'io2', Size: 4, Iops: 4001 }, value],
    [{ VolumeType: 'io1', Size: 4 }, 'MissingParameter'],
    [{ VolumeType: 'io2', Size: 4, Iops: 100, Throughput: 125 }, combination],
    [{ VolumeType: 'gp2', Size: 4, Iops: 3000 }, combination],
    [{ VolumeType: 'standard', Size: 4, Throughput: 125 }, combination],
  ];
  for (const [request, code] of refused) {
    await assert.rejects(create(request), { code }, JSON.stringify(request));
  }
});

test('a token makes one volume, however often it is sent', async () => {
  const request = { Size: 1, ClientToken: 'once' };
  const first = await create(request);
  assert.deepEqual(await create(request), first);
  await assert.rejects(create({ ...request, Size: 2 }), { code: 'IdempotentParameterMismatch' });
  assert.equal((await context.catalog.read(({ volumes }) => volumes.list())).length, 1);
  await deleteVolume.run({ VolumeId: first.VolumeId ?? '' }, context);
});

test('a host whose disk is nearly full makes none', async () => {
  context.measures = { ...context.measures, freeDiskBytes: 100 * mibBytes };
  await assert.rejects(create({ Size: 1 }), { code: 'InsufficientVolumeCapacity' });
});
