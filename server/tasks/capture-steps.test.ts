/** CreateImage and CreateSnapshot: what they capture, beside what else happens. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { createSnapshots } from '../operations/ec2/snapshots/CreateSnapshots.ts';
import {
  assertTidy,
  capture,
  imageRow,
  killAt,
  launch,
  settled,
  snapshotsOf,
  volumeRow,
} from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

let imago: TestImago;
let instanceId: string;
let volumeIds: string[];
beforeEach(async () => {
  imago = await TestImago.start();
  [instanceId, volumeIds] = await launch(imago, (await imago.image()).id);
});
afterEach(() => imago[Symbol.asyncDispose]());

describe('CreateImage', () => {
  test('captures what was written, and copies start from it', async () => {
    const [root = '', data = ''] = volumeIds;
    await imago.write(root, 5 * mib, 64 * 1024, 7);
    await imago.write(data, 1024 * mib, 64 * 1024, 9);
    const image = await settled(imago, await capture(imago, instanceId, { Description: 'golden' }));
    assert.equal(image.state, 'available', image.stateReason?.message);
    const [ofRoot = '', ofData = ''] = snapshotsOf(image);
    assert.equal(await imago.readSnapshot(ofRoot, 0), 1, 'the base');
    assert.equal(await imago.consistency(ofData), 'application', 'also of its snapshots');
    assert.equal(await imago.readSnapshot(ofRoot, 5 * mib), 7);
    assert.equal(await imago.readSnapshot(ofData, 1024 * mib), 9);
    assert.equal(image.tags['aws:imago:consistency'], 'application');
    assert.ok(Number(image.tags['aws:imago:bytes-stored']) > 0);
    assert.match(image.tags['aws:imago:capture-ms'] ?? '', /^\d+$/);
    assert.equal(image.tags['aws:imago:guest-hooks-ms'], undefined, 'it is not told');

    const volume = await volumeRow(imago, root);
    assert.deepEqual(volume?.layers, [{ number: 1 }], 'the captured layer gave way');
    const snapshot = await imago.catalog.read(({ snapshots }) => snapshots.get(ofRoot));
    assert.equal(volume?.base?.root, snapshot?.root);
    assert.equal(snapshot?.progressPercent, 100);
    await assertTidy(imago);

    const [, copied] = await launch(imago, image.id);
    assert.equal((await volumeRow(imago, copied[0]))?.base?.root, snapshot?.root);
    assert.equal((await volumeRow(imago, copied[1]))?.sizeGiB, 2);
  });

  test('again and again: each takes what is there at its time, the chain stays short', async () => {
    const [root = ''] = volumeIds;
    const captured: ImageRow[] = [];
    for (const byte of [11, 12, 13]) {
      await imago.write(root, mib, 4096, byte);
      captured.push(await settled(imago, await capture(imago, instanceId)));
    }
    for (const [index, image] of captured.entries()) {
      assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 11 + index);
    }
    assert.deepEqual((await volumeRow(imago, root))?.layers, [{ number: 3 }]);
    await assertTidy(imago);
  });

  test('of one instance several times at once', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 21);
    const ids = await Promise.all([1, 2, 3, 4].map(() => capture(imago, instanceId)));
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: root });
    for (const id of ids) {
      const image = await settled(imago, id);
      assert.equal(image.state, 'available', image.stateReason?.message);
      assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 21);
    }
    assert.equal(await imago.readSnapshot(SnapshotId, mib), 21);
    assert.equal((await volumeRow(imago, root))?.layers.length, 1);
    await assertTidy(imago);
  });

  test('into snapshots without an image, all volumes at one point in time', async () => {
    const [root = '', data = ''] = volumeIds;
    await imago.write(root, mib, 4096, 31);
    await imago.write(data, mib, 4096, 32);
    const pivots: number[] = [];
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      pivot: async (id, volumes, options) => {
        pivots.push(volumes.length);
        return hypervisor.pivot(id, volumes, options);
      },
    }));
    await imago.restart({ wrap });
    const InstanceSpecification = { InstanceId: instanceId };
    const { Snapshots = [] } = await imago.call(createSnapshots, { InstanceSpecification });
    await imago.untilQuiet();
    const bytes = Snapshots.map(({ SnapshotId = '' }) => imago.readSnapshot(SnapshotId, mib));
    assert.deepEqual(await Promise.all(bytes), [31, 32]);
    assert.deepEqual(pivots, [2]);
    await assertTidy(imago);
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
    const image = await settled(imago, await capture(imago, instanceId, { NoReboot: false }));
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
        hooksMs: 310.4,
      }),
    }));
    await imago.restart({ wrap });
    const image = await settled(imago, await capture(imago, instanceId));
    assert.equal(image.tags['aws:imago:consistency'], 'crash');
    assert.equal(image.tags['aws:imago:guest-pause-ms'], '42');
    assert.equal(image.tags['aws:imago:guest-hooks-ms'], '311');
    assert.equal(await imago.consistency(snapshotsOf(image)[0]), 'crash');
    const InstanceSpecification = { InstanceId: instanceId };
    const { Snapshots = [] } = await imago.call(createSnapshots, { InstanceSpecification });
    await imago.untilQuiet();
    for (const { SnapshotId } of Snapshots) {
      assert.equal(await imago.consistency(SnapshotId), 'crash');
    }
  });

  test('of a stopped instance, which starts again on the new layer', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 31);
    await imago.call(stopInstances, { InstanceIds: [instanceId] });
    await imago.untilState(instanceId, 'stopped');
    const image = await settled(imago, await capture(imago, instanceId));
    assert.equal(image.state, 'available', image.stateReason?.message);
    assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 31);
    assert.equal(image.tags['aws:imago:consistency'], 'application');
    assert.deepEqual((await volumeRow(imago, root))?.layers, [{ number: 1 }]);
    await assertTidy(imago);
  });

  test('of an instance that is terminated meanwhile: the layers stay as long as they are read', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 41);
    await imago.restart({ onStep: killAt('upload', 'before') });
    const id = await capture(imago, instanceId);
    await imago.until(
      'it is pivoted',
      async () => (await volumeRow(imago, root))?.layers.length === 2,
    );
    await imago.call(terminateInstances, { InstanceIds: [instanceId] });
    await imago.untilState(instanceId, 'terminated');
    assert.equal((await volumeRow(imago, root))?.state, 'deleting');
    await imago.restart();
    const image = await settled(imago, id);
    assert.equal(image.state, 'available', image.stateReason?.message);
    assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 41);
    assert.deepEqual(await imago.layerFiles(), [], 'then they go');
    assert.equal(await volumeRow(imago, root), undefined);
  });

  test('of an image that is deregistered meanwhile leaves the snapshots', async () => {
    await imago.restart({ onStep: killAt('publish', 'before') });
    const id = await capture(imago, instanceId);
    const pending = await imageRow(imago, id);
    await imago.call(deregisterImage, { ImageId: id });
    await imago.restart();
    await imago.untilQuiet();
    assert.equal(await imageRow(imago, id), undefined);
    const [snapshot] = await imago.catalog.read(({ snapshots }) =>
      snapshots.list({ where: { id: snapshotsOf(pending) } }),
    );
    assert.equal(snapshot?.state, 'completed');
    await assertTidy(imago);
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
    assert.deepEqual(row?.tags, { 'aws:imago:consistency': 'application' });
    assert.equal(await imago.readSnapshot(SnapshotId, mib), 81);
    assert.deepEqual((await volumeRow(imago, volumeIds[0]))?.layers.length, 1, 'only this one');
    await assertTidy(imago);
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
    assert.equal((await volumeRow(imago, volumeId))?.state, 'available');
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    assert.equal(await imago.readSnapshot(SnapshotId, mib), 91);
    assert.equal(await imago.consistency(SnapshotId), 'at-rest');
    assert.deepEqual((await volumeRow(imago, volumeId))?.layers, [{ number: 1 }]);
    await assertTidy(imago);
  });
});
