import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  CreateImageRequest,
  RegisterImageRequest,
} from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import type { CreateImageInput } from '../../../domain/captures.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { runInstances } from '../instances/RunInstances.ts';
import { createSnapshot } from '../snapshots/CreateSnapshot.ts';
import { deleteSnapshot } from '../snapshots/DeleteSnapshot.ts';
import { describeSnapshots } from '../snapshots/DescribeSnapshots.ts';
import { describeVolumes } from '../volumes/DescribeVolumes.ts';
import { createImage } from './CreateImage.ts';
import { deregisterImage } from './DeregisterImage.ts';
import { describeImages } from './DescribeImages.ts';
import { registerImage } from './RegisterImage.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const images = async (input: object = {}, as = context as never) => {
  const { Images = [] } = await describeImages.run(input, as);
  return Images.map(({ ImageId }) => ImageId);
};
const filtered = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
const snapshotRow = (id = '') => context.catalog.read(({ snapshots }) => snapshots.get(id));

describe('DescribeImages', () => {
  test('shows own and public images of the region', async () => {
    const own = await insertImage(context);
    const provided = await insertProviderImage(context);
    await insertImage(context.as({ account: '999999999999' }));
    await insertProviderImage(context.as({ region: 'eu-west-1' }));
    assert.deepEqual(await images(), [own.id, provided.id]);
    assert.deepEqual(await images({ Owners: ['self'] }), [own.id]);
    assert.deepEqual(await images({ Owners: ['amazon'] }), [provided.id]);
    assert.deepEqual(await images({ Owners: ['136693071363', 'self'] }), [own.id, provided.id]);
    assert.deepEqual(await images({ Owners: ['aws-marketplace'] }), []);
    assert.deepEqual(await images({ ExecutableUsers: ['all'] }), [provided.id]);
    assert.deepEqual(await images({ ExecutableUsers: ['self'] }), []);
    for (const input of [{ Owners: ['me'] }, { ExecutableUsers: ['me'] }]) {
      await assert.rejects(images(input), { code: 'InvalidUserID.Malformed' });
    }
  });

  test('by id: all of them or an error', async () => {
    const own = await insertImage(context);
    const alien = await insertImage(context.as({ account: '999999999999' }));
    assert.deepEqual(await images({ ImageIds: [own.id] }), [own.id]);
    await assert.rejects(images({ ImageIds: [own.id, alien.id] }), {
      code: 'InvalidAMIID.NotFound',
      message: `The image id '[${alien.id}]' does not exist`,
    });
    await assert.rejects(images({ ImageIds: ['nonsense'] }), { code: 'InvalidAMIID.Malformed' });
  });

  test('filters', async () => {
    const a = await insertImage(context, { name: 'web-1', tags: { Env: 'prod' } });
    const b = await insertImage(context, { name: 'web-2', state: 'failed', bootMode: 'uefi' });
    const provided = await insertProviderImage(context, { name: 'web-3', tags: { Env: 'prod' } });
    assert.deepEqual(await images(filtered('name', 'web-1')), [a.id]);
    assert.deepEqual(await images(filtered('name', 'web-*')), [a.id, b.id, provided.id]);
    assert.deepEqual(await images(filtered('name', 'Web-1')), []);
    assert.deepEqual(await images(filtered('state', 'available')), [a.id, provided.id]);
    assert.deepEqual(await images(filtered('boot-mode', 'uefi')), [b.id]);
    assert.deepEqual(await images(filtered('owner-alias', 'amazon')), [provided.id]);
    assert.deepEqual(await images(filtered('is-public', 'false')), [a.id, b.id]);
    assert.deepEqual(await images(filtered('tag:Env', 'prod')), [a.id], 'tags are the owner’s');
    const snapshotId = a.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
    const bySnapshot = filtered('block-device-mapping.snapshot-id', snapshotId);
    assert.deepEqual(await images(bySnapshot), [a.id]);
    await assert.rejects(images(filtered('colour', 'red')), { code: 'InvalidParameterValue' });
  });

  test('pages go through all of them once', async () => {
    const made: string[] = [];
    for (let count = 0; count < 12; count++) made.push((await insertImage(context)).id);
    const seen: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await describeImages.run({ MaxResults: 5, NextToken }, context);
      seen.push(...(page.Images ?? []).map(({ ImageId }) => ImageId));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(seen, made.sort());
  });

  test('shows the whole image, and tags to its owner only', async () => {
    const row = await insertProviderImage(context, { name: 'debian', tags: { a: 'b' } });
    const [shown] = (await describeImages.run({ ImageIds: [row.id] }, context)).Images ?? [];
    assert.equal(shown?.ImageLocation, 'amazon/debian');
    assert.equal(shown?.ImageOwnerAlias, 'amazon');
    assert.equal(shown?.Public, true);
    assert.deepEqual(shown?.Tags, []);
    assert.equal(shown?.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize, 8);
  });
});

describe('RegisterImage', () => {
  let snapshot: SnapshotRow;
  beforeEach(async () => {
    snapshot = await insertSnapshot(context);
  });
  const register = (more: Partial<RegisterImageRequest> = {}) =>
    registerImage.run(
      {
        Name: 'registered',
        Architecture: 'x86_64',
        VirtualizationType: 'hvm',
        RootDeviceName: '/dev/sda1',
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId: snapshot.id } }],
        ...more,
      },
      context,
    );

  test('makes an image that can be launched', async () => {
    const { ImageId = '' } = await register({
      Description: 'mine',
      BootMode: 'uefi',
      ImdsSupport: 'v2.0',
      TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'a', Value: 'b' }] }],
    });
    const [image] = (await describeImages.run({ ImageIds: [ImageId] }, context)).Images ?? [];
    assert.deepEqual(
      [image?.State, image?.Description, image?.BootMode, image?.ImdsSupport, image?.Tags?.length],
      ['available', 'mine', 'uefi', 'v2.0', 1],
    );
    const launched = await runInstances.run({ ImageId, MinCount: 1, MaxCount: 1 }, context);
    assert.equal(launched.Instances?.[0]?.CurrentInstanceBootMode, 'uefi');
  });

  test('refuses what it cannot run', async () => {
    const pending = await insertSnapshot(context, { state: 'pending', root: undefined });
    const alien = await insertSnapshot(context.as({ account: '999999999999' }));
    const root = (SnapshotId?: string) => ({
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId, VolumeSize: 8 } }],
    });
    await insertImage(context, { name: 'taken' });
    const wrong: [Partial<RegisterImageRequest>, string][] = [
      [{ Name: 'ab' }, 'InvalidAMIName.Malformed'],
      [{ Name: 'what?' }, 'InvalidAMIName.Malformed'],
      [{ Name: 'taken' }, 'InvalidAMIName.Duplicate'],
      [{ Description: 'x'.repeat(256) }, 'InvalidParameterValue'],
      [{ Architecture: 'arm64' }, 'InvalidParameterValue'],
      [{ Architecture: undefined }, 'InvalidParameterValue'],
      [{ VirtualizationType: 'paravirtual' }, 'InvalidParameterValue'],
      [{ RootDeviceName: undefined }, 'MissingParameter'],
      [{ RootDeviceName: '/dev/sdb' }, 'InvalidBlockDeviceMapping'],
      [root(), 'InvalidBlockDeviceMapping'],
      [root(pending.id), 'IncorrectState'],
      [root(alien.id), 'InvalidSnapshot.NotFound'],
      [{ BootMode: 'floppy' }, 'InvalidParameterValue'],
      [{ ImdsSupport: 'v1.0' }, 'InvalidParameterValue'],
    ];
    for (const [input, code] of wrong) {
      await assert.rejects(register(input), { code }, `${code}: ${JSON.stringify(input)}`);
    }
    assert.equal((await images()).length, 1);
  });
});

describe('of an instance', () => {
  let instance: InstanceRow;
  beforeEach(async () => {
    const image = await insertProviderImage(context, { imdsSupport: 'v2.0' });
    await runInstances.run(
      {
        ...{ ImageId: image.id, MinCount: 1, MaxCount: 1 },
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2 } }],
      },
      context,
    );
    await context.catalog.write(async ({ instances, volumes }) => {
      const [row] = await instances.list();
      instance = { ...(row as InstanceRow), state: 'running' };
      await instances.update(instance);
      for (const volume of await volumes.list()) {
        await volumes.update({ ...volume, state: 'in-use', layers: [{ number: 0 }] });
      }
    });
  });
  const create = (more: Partial<CreateImageRequest> = {}) =>
    createImage.run({ InstanceId: instance.id, Name: 'golden', ...more }, context);
  const orders = async () => {
    const rows = await context.catalog.read(({ tasks }) => tasks.list());
    return rows.map(({ input }) => input as CreateImageInput);
  };

  test('CreateImage writes down what is to be captured', async () => {
    const { ImageId = '' } = await create({
      TagSpecifications: [
        { ResourceType: 'image', Tags: [{ Key: 'of', Value: 'image' }] },
        { ResourceType: 'snapshot', Tags: [{ Key: 'of', Value: 'snapshot' }] },
      ],
    });
    const [image] = (await describeImages.run({ ImageIds: [ImageId] }, context)).Images ?? [];
    assert.deepEqual([image?.State, image?.SourceInstanceId], ['pending', instance.id]);
    assert.equal(image?.SourceImageId, instance.imageId);
    assert.equal(image?.ImdsSupport, 'v2.0', 'as its source');
    assert.deepEqual(
      image?.BlockDeviceMappings?.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.VolumeSize]),
      [
        ['/dev/xvda', 8],
        ['/dev/sdf', 2],
      ],
    );
    const snapshot = await snapshotRow(image?.BlockDeviceMappings?.[1]?.Ebs?.SnapshotId);
    assert.deepEqual([snapshot?.state, snapshot?.tags], ['pending', { of: 'snapshot' }]);
    assert.equal((await orders())[0]?.reboot, true, 'EC2’s default');
    assert.equal(context.wakes, 2);
    await create({ Name: 'second', NoReboot: true });
    const second = (await orders()).find((order) => order.imageId !== ImageId);
    assert.equal(second?.reboot, false);
  });

  test('CreateImage leaves out, resizes and adds volumes', async () => {
    const extra = await insertSnapshot(context, { volumeSizeGiB: 3 });
    const { ImageId = '' } = await create({
      BlockDeviceMappings: [
        { DeviceName: '/dev/sdf', NoDevice: '' },
        { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 10, DeleteOnTermination: false } },
        { DeviceName: '/dev/sdg', Ebs: { SnapshotId: extra.id } },
        { DeviceName: '/dev/sdh', Ebs: { VolumeSize: 1 } },
      ],
    });
    const [image] = (await describeImages.run({ ImageIds: [ImageId] }, context)).Images ?? [];
    const [root, added, empty] = image?.BlockDeviceMappings ?? [];
    assert.equal(image?.BlockDeviceMappings?.length, 3);
    assert.deepEqual([root?.Ebs?.VolumeSize, root?.Ebs?.DeleteOnTermination], [10, false]);
    assert.deepEqual([added?.Ebs?.SnapshotId, added?.Ebs?.VolumeSize], [extra.id, 3]);
    assert.deepEqual([empty?.Ebs?.SnapshotId, empty?.Ebs?.VolumeSize], [undefined, 1]);
    assert.equal((await orders())[0]?.captures.length, 1);
    const rootSnapshot = await snapshotRow(root?.Ebs?.SnapshotId);
    assert.equal(rootSnapshot?.volumeSizeGiB, 8, 'the snapshot is as large as its volume');
  });

  test('CreateImage refuses bad input and changes nothing', async () => {
    await insertImage(context, { name: 'taken' });
    const wrong: [Partial<CreateImageRequest>, string][] = [
      [{ Name: 'taken' }, 'InvalidAMIName.Duplicate'],
      [{ Name: 'n'.repeat(129) }, 'InvalidAMIName.Malformed'],
      [{ InstanceId: 'i-00000000' }, 'InvalidInstanceID.NotFound'],
      [{ InstanceId: 'i-?' }, 'InvalidInstanceID.Malformed'],
      [
        { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 7 } }] },
        'InvalidBlockDeviceMapping',
      ],
      [
        { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', NoDevice: '' }] },
        'InvalidBlockDeviceMapping',
      ],
    ];
    for (const [input, code] of wrong) await assert.rejects(create(input), { code }, code);
    for (const state of ['pending', 'error'] as const) {
      const { id: SnapshotId } = await insertSnapshot(context, { state, root: undefined });
      const added = { BlockDeviceMappings: [{ DeviceName: '/dev/sdg', Ebs: { SnapshotId } }] };
      await assert.rejects(create(added), { code: 'IncorrectState' }, state);
    }
    await context.catalog.write(({ instances }) =>
      instances.update({ ...instance, state: 'terminated' }),
    );
    await assert.rejects(create(), { code: 'IncorrectInstanceState' });
    assert.deepEqual(await orders(), []);
  });

  test('CreateSnapshot takes a volume that is in use', async () => {
    const [VolumeId = ''] = instance.volumeIds;
    const made = await createSnapshot.run({ VolumeId, Description: 'd' }, context);
    assert.deepEqual([made.State, made.VolumeSize, made.Progress], ['pending', 8, '0%']);
    const gone = { VolumeId: 'vol-00000000' };
    await assert.rejects(createSnapshot.run(gone, context), { code: 'InvalidVolume.NotFound' });
    await assert.rejects(createSnapshot.run({ VolumeId: 'x' }, context), {
      code: 'InvalidVolumeID.Malformed',
    });
    await context.catalog.write(async ({ volumes }) => {
      for (const row of await volumes.list()) await volumes.update({ ...row, state: 'deleting' });
    });
    await assert.rejects(createSnapshot.run({ VolumeId }, context), { code: 'IncorrectState' });
  });

  test('DescribeVolumes shows and finds its volumes', async () => {
    const volumes = async (input: object) =>
      ((await describeVolumes.run(input, context)).Volumes ?? []).map(({ VolumeId }) => VolumeId);
    assert.deepEqual(await volumes({}), instance.volumeIds);
    const [first = '', second = ''] = instance.volumeIds;
    assert.deepEqual(await volumes({ VolumeIds: [second] }), [second]);
    assert.deepEqual(await volumes(filtered('attachment.device', '/dev/xvda')), [first]);
    assert.deepEqual(await volumes(filtered('attachment.instance-id', instance.id)), [
      ...instance.volumeIds,
    ]);
    assert.deepEqual(await volumes(filtered('status', 'available')), []);
    await assert.rejects(volumes({ VolumeIds: ['vol-00000000'] }), {
      code: 'InvalidVolume.NotFound',
    });
  });
});

describe('snapshots', () => {
  const snapshots = async (input: object, as = context as never) =>
    ((await describeSnapshots.run(input, as)).Snapshots ?? []).map((each) => each.SnapshotId);

  test('are shown to their owner', async () => {
    const row = await insertSnapshot(context, { tags: { a: 'b' } });
    const other = context.as({ account: '999999999999' }) as never;
    assert.deepEqual(await snapshots({}), [row.id]);
    assert.deepEqual(await snapshots({ OwnerIds: ['self'] }), [row.id]);
    assert.deepEqual(await snapshots({ OwnerIds: ['amazon'] }), []);
    assert.deepEqual(await snapshots({ RestorableByUserIds: [context.caller.account] }), [row.id]);
    assert.deepEqual(await snapshots(filtered('tag:a', 'b')), [row.id]);
    assert.deepEqual(await snapshots(filtered('status', 'pending')), []);
    assert.deepEqual(await snapshots({}, other), []);
    await assert.rejects(snapshots({ SnapshotIds: [row.id] }, other), {
      code: 'InvalidSnapshot.NotFound',
    });
    await assert.rejects(snapshots({ OwnerIds: ['?'] }), { code: 'InvalidUserID.Malformed' });
  });

  test('that an image needs, or that are being made, are not deleted', async () => {
    const image = await insertImage(context);
    const SnapshotId = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
    await assert.rejects(deleteSnapshot.run({ SnapshotId }, context), {
      code: 'InvalidSnapshot.InUse',
      message: `The snapshot ${SnapshotId} is currently in use by ${image.id}`,
    });
    await deregisterImage.run({ ImageId: image.id }, context);
    await deleteSnapshot.run({ SnapshotId }, context);
    assert.deepEqual(await snapshots({}), []);
    const pending = await insertSnapshot(context, { state: 'pending' });
    await assert.rejects(deleteSnapshot.run({ SnapshotId: pending.id }, context), {
      code: 'IncorrectState',
    });
  });

  test('go with their image when that is asked for, but for those of another image', async () => {
    const image = await insertImage(context);
    const shared = await insertSnapshot(context);
    const [mapping] = image.blockDeviceMappings;
    const second = {
      deviceName: '/dev/sdf',
      ebs: {
        snapshotId: shared.id,
        volumeSizeGiB: 8,
        deleteOnTermination: true,
        volumeType: 'gp3',
      },
    };
    const both = [mapping, second].filter((each) => each !== undefined);
    await context.catalog.write(({ images: table }) =>
      table.update({ ...image, blockDeviceMappings: both }),
    );
    await insertImage(context, { blockDeviceMappings: [second] });
    const { DeleteSnapshotResults } = await deregisterImage.run(
      { ImageId: image.id, DeleteAssociatedSnapshots: true },
      context,
    );
    assert.deepEqual(DeleteSnapshotResults, [
      { SnapshotId: mapping?.ebs.snapshotId, ReturnCode: 'success' },
      { SnapshotId: shared.id, ReturnCode: 'skipped' },
    ]);
    assert.equal((await snapshots({ SnapshotIds: [shared.id] })).length, 1);
  });

  test('an image of another account is not the caller’s to deregister', async () => {
    const provided = await insertProviderImage(context);
    await assert.rejects(deregisterImage.run({ ImageId: provided.id }, context), {
      code: 'AuthFailure',
    });
    await assert.rejects(deregisterImage.run({ ImageId: 'ami-00000000' }, context), {
      code: 'InvalidAMIID.NotFound',
    });
  });
});
