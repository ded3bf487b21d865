/**
 * CreateImage and CreateSnapshot: what they capture, beside what else happens, and killed at each
 * of their steps.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { BlockCorruptError, BlockStoreFullError } from '../blocks/block-store.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { createImage as createImageOperation } from '../operations/ec2/images/CreateImage.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { createImage } from './create-image.ts';
import type { StepHook, StepMoment } from './runner.ts';
import { TaskFailure } from './task.ts';
import { TestImago, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

let imago: TestImago;
let instanceId: string;
let volumeIds: string[];
beforeEach(async () => {
  imago = await TestImago.start();
  [instanceId, volumeIds] = await launch((await imago.image()).id);
});
afterEach(() => imago[Symbol.asyncDispose]());

/** With a second, empty volume of 2 GiB. */
async function launch(ImageId: string): Promise<[string, string[]]> {
  const { Instances = [] } = await imago.call(runInstances, {
    ImageId,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: 't3.nano',
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2 } }],
  });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  return [id, await imago.volumeIds(id)];
}

let names = 0;
async function capture(more: object = {}): Promise<string> {
  const { ImageId = '' } = await imago.call(createImageOperation, {
    InstanceId: instanceId,
    Name: `image ${++names}`,
    NoReboot: true,
    ...more,
  });
  return ImageId;
}

const imageRow = (id: string) => imago.catalog.read(({ images }) => images.get(id));
const volumeRow = (id = '') => imago.catalog.read(({ volumes }) => volumes.get(id));
const snapshotsOf = (image?: ImageRow) =>
  image?.blockDeviceMappings.map(({ ebs }) => ebs.snapshotId ?? '') ?? [];

async function settled(id: string): Promise<ImageRow> {
  const image = await imago.until(`${id} settled`, async () => {
    const row = await imageRow(id);
    return row && row.state !== 'pending' && row;
  });
  await imago.untilQuiet();
  return image;
}

/**
 * Nothing lies about: one file for each layer of a volume, no task is unfinished, no snapshot
 * pending.
 */
async function assertTidy(): Promise<void> {
  const { volumes, snapshots } = await imago.catalog.read(async (reader) => ({
    volumes: await reader.volumes.list(),
    snapshots: await reader.snapshots.list(),
  }));
  const named = volumes.flatMap(({ id, layers }) =>
    layers.map(({ number }) => `${id}/${number}.qcow2`),
  );
  assert.deepEqual(await imago.layerFiles(), named.sort());
  assert.ok(
    snapshots.every(({ state, cutLayer }) => state !== 'pending' && cutLayer === undefined),
  );
  assert.ok(volumes.every(({ nextBase }) => nextBase === undefined));
}

const killAt = (step: string, moment: StepMoment): StepHook => {
  let killed = false;
  return (_, name, at) => {
    if (killed || (name === step && at === moment)) {
      killed = true;
      throw new Error('killed');
    }
  };
};

describe('CreateImage', () => {
  test('captures what was written, and copies start from it', async () => {
    const [root = '', data = ''] = volumeIds;
    await imago.write(root, 5 * mib, 64 * 1024, 7);
    await imago.write(data, 1024 * mib, 64 * 1024, 9);
    const image = await settled(await capture({ Description: 'golden' }));
    assert.equal(image.state, 'available', image.stateReason?.message);
    const [ofRoot = '', ofData = ''] = snapshotsOf(image);
    assert.equal(await imago.readSnapshot(ofRoot, 0), 1, 'the base');
    assert.equal(await imago.readSnapshot(ofRoot, 5 * mib), 7);
    assert.equal(await imago.readSnapshot(ofData, 1024 * mib), 9);
    assert.equal(image.tags['aws:imago:consistency'], 'application');
    assert.ok(Number(image.tags['aws:imago:bytes-stored']) > 0);
    assert.match(image.tags['aws:imago:capture-ms'] ?? '', /^\d+$/);

    const volume = await volumeRow(root);
    assert.deepEqual(volume?.layers, [{ number: 1 }], 'the captured layer gave way');
    const snapshot = await imago.catalog.read(({ snapshots }) => snapshots.get(ofRoot));
    assert.equal(volume?.base?.root, snapshot?.root);
    assert.equal(snapshot?.progressPercent, 100);
    await assertTidy();

    const [, copied] = await launch(image.id);
    assert.equal((await volumeRow(copied[0]))?.base?.root, snapshot?.root);
    assert.equal((await volumeRow(copied[1]))?.sizeGiB, 2);
  });

  test('again and again: each takes what is there at its time, the chain stays short', async () => {
    const [root = ''] = volumeIds;
    const captured: ImageRow[] = [];
    for (const byte of [11, 12, 13]) {
      await imago.write(root, mib, 4096, byte);
      captured.push(await settled(await capture()));
    }
    for (const [index, image] of captured.entries()) {
      assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 11 + index);
    }
    assert.deepEqual((await volumeRow(root))?.layers, [{ number: 3 }]);
    await assertTidy();
  });

  test('of one instance several times at once', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 21);
    const ids = await Promise.all([1, 2, 3, 4].map(() => capture()));
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: root });
    for (const id of ids) {
      const image = await settled(id);
      assert.equal(image.state, 'available', image.stateReason?.message);
      assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 21);
    }
    assert.equal(await imago.readSnapshot(SnapshotId, mib), 21);
    assert.equal((await volumeRow(root))?.layers.length, 1);
    await assertTidy();
  });

  test('with a reboot halts the guest before the pivot and boots it again after', async () => {
    const told: string[] = [];
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      pivot: async (id, volumes, options) => {
        told.push(`pivot ${await hypervisor.status(id)} ${options.freeze}`);
        return hypervisor.pivot(id, volumes, options);
      },
      reset: async (id) => {
        told.push('reset');
        await hypervisor.reset(id);
      },
    }));
    await imago.restart({ wrap });
    const image = await settled(await capture({ NoReboot: false }));
    assert.equal(image.state, 'available');
    assert.deepEqual(told, ['pivot shutdown false', 'reset']);
    assert.equal(image.tags['aws:imago:guest-pause-ms'], undefined);
    const row = await imago.instance(instanceId);
    assert.deepEqual([row?.state, row?.haltedBy], ['running', undefined]);
  });

  test('without the guest agent is crash-consistent, and says so', async () => {
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      pivot: async (...request) => ({
        ...(await hypervisor.pivot(...request)),
        frozen: false,
        pauseMs: 41.2,
      }),
    }));
    await imago.restart({ wrap });
    const image = await settled(await capture());
    assert.equal(image.tags['aws:imago:consistency'], 'crash');
    assert.equal(image.tags['aws:imago:guest-pause-ms'], '42');
  });

  test('of a stopped instance, which starts again on the new layer', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 31);
    await imago.call(stopInstances, { InstanceIds: [instanceId] });
    await imago.untilState(instanceId, 'stopped');
    const image = await settled(await capture());
    assert.equal(image.state, 'available', image.stateReason?.message);
    assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 31);
    assert.equal(image.tags['aws:imago:consistency'], 'application');
    assert.deepEqual((await volumeRow(root))?.layers, [{ number: 1 }]);
    await assertTidy();
  });

  test('of an instance that is terminated meanwhile: the layers stay as long as they are read', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 41);
    await imago.restart({ onStep: killAt('upload', 'before') });
    const id = await capture();
    await imago.until('it is pivoted', async () => (await volumeRow(root))?.layers.length === 2);
    await imago.call(terminateInstances, { InstanceIds: [instanceId] });
    await imago.untilState(instanceId, 'terminated');
    assert.equal((await volumeRow(root))?.state, 'deleting');
    await imago.restart();
    const image = await settled(id);
    assert.equal(image.state, 'available', image.stateReason?.message);
    assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 41);
    assert.deepEqual(await imago.layerFiles(), [], 'then they go');
    assert.equal(await volumeRow(root), undefined);
  });

  test('of an image that is deregistered meanwhile leaves the snapshots', async () => {
    await imago.restart({ onStep: killAt('publish', 'before') });
    const id = await capture();
    const pending = await imageRow(id);
    await imago.call(deregisterImage, { ImageId: id });
    await imago.restart();
    await imago.untilQuiet();
    assert.equal(await imageRow(id), undefined);
    const [snapshot] = await imago.catalog.read(({ snapshots }) =>
      snapshots.list({ where: { id: snapshotsOf(pending) } }),
    );
    assert.equal(snapshot?.state, 'completed');
    await assertTidy();
  });

  test('that fails before the pivot leaves everything as it was', async () => {
    const pivot = async () => {
      throw new TaskFailure('Server.InternalError', 'no pivot today');
    };
    await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ pivot })) });
    const image = await settled(await capture({ NoReboot: false }));
    assert.equal(image.state, 'failed');
    assert.match(image.stateReason?.message ?? '', /no pivot today.*deregister/);
    assert.equal(await imago.hypervisor.status(instanceId), 'running', 'it boots again');
    assert.equal((await imago.instance(instanceId))?.haltedBy, undefined);
    await assertTidy();
    await imago.restart();
    assert.equal((await settled(await capture())).state, 'available', 'the next one works');
    assert.equal((await volumeRow(volumeIds[0]))?.layers.length, 1);
    await assertTidy();
  });

  test('that finds the disk full, or a block corrupt, says so and takes nothing away', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 45);
    const failures: [Error, RegExp][] = [
      [new BlockStoreFullError('there'), /disk of the host is full/],
      [new BlockCorruptError('ab'.repeat(32), 'bit rot'), /abab is corrupt: bit rot; imago fsck/],
    ];
    const { begin } = imago.blocks;
    for (const [error, message] of failures) {
      imago.blocks.begin = () =>
        Object.assign(begin.call(imago.blocks), { put: () => Promise.reject(error) });
      const image = await settled(await capture());
      assert.equal(image.state, 'failed');
      assert.match(image.stateReason?.message ?? '', message);
      await assertTidy();
    }
    imago.blocks.begin = begin;
    const image = await settled(await capture());
    assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 45);
    assert.equal((await volumeRow(root))?.layers.length, 1);
  });

  test('that fails after the pivot leaves a volume that the next capture puts in order', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 51);
    const rebase = async () => {
      throw new Error('no rebase today');
    };
    await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ rebase })) });
    const failed = await settled(await capture());
    assert.equal(failed.state, 'failed');
    assert.equal((await volumeRow(root))?.layers.length, 2);
    await imago.restart();
    await imago.write(root, 2 * mib, 4096, 52);
    const image = await settled(await capture());
    assert.equal(image.state, 'available');
    const [snapshot = ''] = snapshotsOf(image);
    assert.deepEqual(
      [await imago.readSnapshot(snapshot, mib), await imago.readSnapshot(snapshot, 2 * mib)],
      [51, 52],
    );
    assert.equal((await volumeRow(root))?.layers.length, 1);
    await assertTidy();
  });
});

describe('killed', () => {
  for (const step of createImage.steps.map(({ name }) => name)) {
    for (const moment of ['before', 'after'] as const) {
      for (const reboot of [false, true]) {
        test(`${moment} ${step} ${reboot ? 'with' : 'without'} a reboot, it completes`, async () => {
          const [root = ''] = volumeIds;
          await imago.write(root, mib, 4096, 61);
          let killed = false;
          const kill = killAt(step, moment);
          const onStep: StepHook = (...at) => {
            try {
              kill(...at);
            } catch (error) {
              killed = true;
              throw error;
            }
          };
          await imago.restart({ onStep });
          const id = await capture({ NoReboot: !reboot });
          await imago.until('it is killed', async () => killed);
          await imago.restart();
          const image = await settled(id);
          assert.equal(image.state, 'available', image.stateReason?.message);
          assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 61);
          const row = await imago.instance(instanceId);
          assert.deepEqual([row?.state, row?.haltedBy], ['running', undefined]);
          assert.equal(await imago.hypervisor.status(instanceId), 'running');
          assert.equal((await volumeRow(root))?.layers.length, 1);
          await assertTidy();
        });
      }
    }
  }

  test('within the pivot, and the machine is gone as well: what the guest wrote is all there', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 71);
    const death = Promise.withResolvers<never>();
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      pivot: async (...request) => {
        await hypervisor.pivot(...request);
        return death.promise;
      },
    }));
    await imago.restart({ wrap });
    const id = await capture();
    await imago.until('it is pivoted', async () =>
      (await imago.hypervisor.layersOf(instanceId, root)).includes(1),
    );
    // The guest goes on writing, to the new layer, before anybody has recorded that it is in use.
    await imago.write(root, 2 * mib, 4096, 72);
    await imago.hypervisor.destroy(instanceId);
    const restarted = imago.restart();
    death.reject(new Error('killed'));
    await restarted;
    const image = await settled(id);
    assert.equal(image.state, 'available', image.stateReason?.message);
    const next = await settled(await capture());
    const [first = '', second = ''] = [snapshotsOf(image)[0], snapshotsOf(next)[0]];
    assert.equal(await imago.readSnapshot(first, mib), 71);
    assert.equal(await imago.readSnapshot(first, 2 * mib), 0, 'written after the pivot');
    assert.equal(await imago.readSnapshot(second, 2 * mib), 72);
  });
});

describe('CreateSnapshot', () => {
  test('takes one volume of a running instance', async () => {
    const [, data = ''] = volumeIds;
    await imago.write(data, mib, 4096, 81);
    const { SnapshotId = '', State } = await imago.call(createSnapshot, {
      VolumeId: data,
      Description: 'nightly',
    });
    assert.equal(State, 'pending');
    await imago.untilQuiet();
    const row = await imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId));
    assert.deepEqual([row?.state, row?.description], ['completed', 'nightly']);
    assert.equal(await imago.readSnapshot(SnapshotId, mib), 81);
    assert.deepEqual((await volumeRow(volumeIds[0]))?.layers.length, 1, 'only this one');
    await assertTidy();
  });

  test('takes a volume that its instance has left behind', async () => {
    const image = await imago.image();
    const { Instances = [] } = await imago.call(runInstances, {
      ImageId: image.id,
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: false } }],
    });
    const id = Instances[0]?.InstanceId ?? '';
    await imago.untilState(id, 'running');
    const [volumeId = ''] = await imago.volumeIds(id);
    await imago.write(volumeId, mib, 4096, 91);
    await imago.call(terminateInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'terminated');
    assert.equal((await volumeRow(volumeId))?.state, 'available');
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    assert.equal(await imago.readSnapshot(SnapshotId, mib), 91);
    assert.deepEqual((await volumeRow(volumeId))?.layers, [{ number: 1 }]);
    await assertTidy();
  });
});
