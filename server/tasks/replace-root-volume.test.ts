/** Root volumes replaced in instances with simulated machines: what becomes of rows and disks. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { CreateReplaceRootVolumeTaskRequest } from '../../api/generated/ec2-types.ts';
import type { Hypervisor, MachineSpec } from '../hypervisor/hypervisor.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { createReplaceRootVolumeTask } from '../operations/ec2/root-volumes/CreateReplaceRootVolumeTask.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { TestImago, type TestImagoOptions, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

/** Every machine that was started, as it was told. */
let started: MachineSpec[];
const watched = withFaults<Hypervisor>((hypervisor) => ({
  start(spec, onOpen) {
    started.push(spec);
    return hypervisor.start(spec, onOpen);
  },
}));

let imago: TestImago;
let id: string;
let root: string;
let data: string;

beforeEach(async () => {
  started = [];
  imago = await TestImago.start({ wrap: watched });
  const { Instances = [] } = await imago.call(runInstances, {
    ImageId: (await imago.image()).id,
    MinCount: 1,
    MaxCount: 1,
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }],
  });
  id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  [root = '', data = ''] = await imago.volumeIds(id);
});
afterEach(() => imago[Symbol.asyncDispose]());

async function replace(more: Partial<CreateReplaceRootVolumeTaskRequest> = {}) {
  const { ReplaceRootVolumeTask: task } = await imago.call(createReplaceRootVolumeTask, {
    InstanceId: id,
    ...more,
  });
  return task?.ReplaceRootVolumeTaskId ?? '';
}

function replacement(replacementId: string) {
  return imago.catalog.read(({ rootReplacements }) => rootReplacements.get(replacementId));
}

async function replaced(more: Partial<CreateReplaceRootVolumeTaskRequest> = {}) {
  const taskId = await replace(more);
  await imago.untilQuiet();
  return replacement(taskId);
}

function volume(volumeId: string) {
  return imago.catalog.read(({ volumes }) => volumes.get(volumeId));
}

async function restart(options: TestImagoOptions) {
  await imago.restart({ wrap: watched, ...options });
}

test('launch state: another root of the same snapshot, all else as it was', async () => {
  const before = await imago.instance(id);
  const old = await volume(root);
  const row = await replaced();
  assert.equal(row?.state, 'succeeded');
  assert.ok(row.completedAt);
  const [fresh = '', same] = await imago.volumeIds(id);
  assert.equal(fresh, row.volumeId);
  assert.equal(same, data);
  const now = await volume(fresh);
  assert.equal(now?.snapshotId, old?.snapshotId);
  assert.deepEqual(now?.base, old?.base);
  assert.equal(now?.state, 'in-use');
  const { attachedAt: _, ...attachment } = now?.attachment ?? {};
  const { attachedAt: __, ...oldAttachment } = old?.attachment ?? {};
  assert.deepEqual(attachment, oldAttachment);
  assert.deepEqual(
    started.map(({ disks }) => disks.map(({ volumeId }) => volumeId)),
    [
      [root, data],
      [fresh, data],
    ],
  );
  assert.deepEqual(started[1]?.network, started[0]?.network);
  const kept = await volume(root);
  assert.equal(kept?.state, 'available');
  assert.equal(kept?.attachment, undefined);
  const after = await imago.instance(id);
  assert.equal(after?.haltedBy, undefined);
  assert.deepEqual(after?.formerRootVolumeIds, [root]);
  for (const member of ['state', 'publicIp', 'privateIp', 'mac', 'imageId', 'machine'] as const) {
    assert.deepEqual(after?.[member], before?.[member], member);
  }
});

test('a snapshot of the root, of what it was before too, and the volume itself bring it back', async () => {
  await imago.write(root, mib, 4096, 11);
  const { SnapshotId } = await imago.call(createSnapshot, { VolumeId: root });
  const { SnapshotId: ofData } = await imago.call(createSnapshot, { VolumeId: data });
  await imago.untilQuiet();
  await replaced();
  const foreign = replace({ SnapshotId: ofData });
  await assert.rejects(foreign, { code: 'InvalidParameterValue' });
  const row = await replaced({ SnapshotId });
  assert.equal(row?.state, 'succeeded');
  const [fresh = ''] = await imago.volumeIds(id);
  const { SnapshotId: again = '' } = await imago.call(createSnapshot, { VolumeId: fresh });
  await imago.untilQuiet();
  assert.equal(await imago.readSnapshot(again, mib), 11);

  const back = await replaced({ VolumeId: root, DeleteReplacedRootVolume: true });
  assert.equal(back?.state, 'succeeded');
  assert.deepEqual(await imago.volumeIds(id), [root, data]);
  assert.equal(await volume(fresh), undefined);
  assert.ok(!(await imago.layerFiles()).some((file) => file.startsWith(fresh)));
});

test('an image: its root, and the instance is of it', async () => {
  const other = await imago.image({}, 7);
  const row = await replaced({ ImageId: other.id });
  assert.equal(row?.state, 'succeeded');
  assert.equal((await imago.instance(id))?.imageId, other.id);
  const [fresh = ''] = await imago.volumeIds(id);
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: fresh });
  await imago.untilQuiet();
  assert.equal(await imago.readSnapshot(SnapshotId, 0), 7);
});

test('captures that were ordered before see the old root; none is ordered meanwhile', async () => {
  await imago.write(root, mib, 4096, 11);
  const { ImageId = '' } = await imago.call(createImage, { InstanceId: id, Name: 'before' });
  const taskId = await replace();
  await assert.rejects(imago.call(createImage, { InstanceId: id, Name: 'meanwhile' }), {
    code: 'IncorrectState',
  });
  await assert.rejects(replace(), { code: 'IncorrectState' });
  await imago.untilQuiet();
  assert.equal((await replacement(taskId))?.state, 'succeeded');
  const image = await imago.catalog.read(({ images }) => images.get(ImageId));
  assert.equal(image?.state, 'available');
  const [mapping] = image?.blockDeviceMappings ?? [];
  assert.equal(await imago.readSnapshot(mapping?.ebs.snapshotId ?? '', mib), 11);
});

test('a machine that does not start with its new root gets the old one back', async () => {
  const broken = withFaults<Hypervisor>((hypervisor) => ({
    async start(spec, onOpen) {
      if (spec.disks[0]?.volumeId !== root) throw new Error('broken on purpose');
      return hypervisor.start(spec, onOpen);
    },
  }));
  await restart({ wrap: broken });
  const other = await imago.image({}, 7);
  const row = await replaced({ ImageId: other.id, DeleteReplacedRootVolume: true });
  assert.equal(row?.state, 'failed');
  assert.deepEqual(await imago.volumeIds(id), [root, data]);
  const after = await imago.instance(id);
  assert.equal(after?.state, 'running');
  assert.equal(after?.haltedBy, undefined);
  assert.notEqual(after?.imageId, other.id);
  assert.equal(await imago.hypervisor.status(id), 'running');
  assert.equal(await volume(row?.volumeId ?? ''), undefined);
});

for (const [name, end] of [
  ['stopped', (InstanceIds: string[]) => imago.call(stopInstances, { InstanceIds })],
  ['terminated', (InstanceIds: string[]) => imago.call(terminateInstances, { InstanceIds })],
] as const) {
  for (const at of ['halt', 'exchange', 'boot'] as const) {
    test(`an instance that is ${name} before the ${at} keeps a root, and no volume is lost`, async () => {
      let isDone = false;
      await restart({
        async onStep(_kind, step, moment) {
          if (step !== at || moment !== 'before' || isDone) return;
          isDone = true;
          await end([id]);
          await imago.untilState(id, name);
        },
      });
      const row = await replaced();
      const isExchanged = at === 'boot';
      if (name === 'stopped') {
        assert.equal(row?.state, isExchanged ? 'succeeded' : 'failed');
        const [now] = await imago.volumeIds(id);
        assert.equal(now, isExchanged ? row?.volumeId : root);
        assert.equal((await volume(root))?.state, isExchanged ? 'available' : 'in-use');
      } else {
        assert.match(row?.state ?? '', isExchanged ? /succeeded/ : /failed-detached/);
        assert.equal((await volume(root))?.state, isExchanged ? 'available' : undefined);
      }
      const rows = await imago.catalog.read(({ volumes }) => volumes.list());
      const names = (await imago.layerFiles()).map((file) => file.split('/')[0]);
      assert.ok(names.every((volumeId) => rows.some((each) => each.id === volumeId)));
      assert.ok(rows.every(({ state, attachment }) => state !== 'in-use' || attachment));
    });
  }
}

test('killed before or after each step, it is done all the same', async () => {
  for (const step of ['halt', 'exchange', 'boot', 'finish']) {
    for (const at of ['before', 'after'] as const) {
      let isKilled = false;
      await restart({
        onStep(_kind, name, moment) {
          isKilled ||= name === step && moment === at;
          if (isKilled) throw new Error('killed');
        },
      });
      const taskId = await replace({ DeleteReplacedRootVolume: true });
      await imago.until('it is killed', async () => isKilled);
      await restart({});
      await imago.untilQuiet();
      const row = await replacement(taskId);
      assert.equal(row?.state, 'succeeded', `${at} ${step}`);
      assert.equal((await imago.volumeIds(id))[0], row?.volumeId);
      assert.equal((await imago.instance(id))?.haltedBy, undefined);
      assert.equal(await imago.hypervisor.status(id), 'running');
    }
  }
  assert.equal((await imago.catalog.read(({ volumes }) => volumes.list())).length, 2);
});
