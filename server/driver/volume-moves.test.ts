/** Volumes that come to guests that run, leave them, and are changed under them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { gibBytes, mibBytes } from '../foundations/sizes.ts';
import { type Hypervisor, NoPlaceError } from '../hypervisor/hypervisor.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { TestImago, withFaults } from '../tasks/test-imago.ts';
import { running } from './test-launch.ts';
import {
  attach,
  changeVolume,
  detach,
  disksOf,
  freeVolume,
  untilAttached,
  untilFree,
  untilVolume,
} from './test-volumes.ts';

let imago: TestImago;
let id: string;
let root: string;
let volumeId: string;

beforeEach(async () => {
  imago = await TestImago.start();
  id = await running(imago);
  root = (await imago.volumeIds(id))[0] ?? '';
  volumeId = await freeVolume(imago);
});
afterEach(() => imago[Symbol.asyncDispose]());

/** A guest that lets go of nothing until it is told to. */
function stubborn() {
  const guest = { letsGo: false, changed: (_: string) => {}, asked: 0 };
  const wrap = withFaults<Hypervisor>((hypervisor) => ({
    async unplug(...request) {
      guest.asked++;
      return guest.letsGo && hypervisor.unplug(...request);
    },
    onChange(listener) {
      guest.changed = (instanceId) => listener(instanceId, 'running');
      hypervisor.onChange(listener);
    },
  }));
  return { guest, wrap };
}

describe('a volume', () => {
  test('is plugged, settled, unplugged, and another guest’s then, over restarts of Imago', async () => {
    await attach(imago, volumeId, id);
    await untilAttached(imago, volumeId);
    assert.deepEqual(await disksOf(imago, id), [root, volumeId]);
    await untilVolume(imago, volumeId, 'settled', ({ layers }) => !layers[0]?.fresh);
    await imago.write(volumeId, 0, 4096, 7);
    await imago.restart();
    await detach(imago, volumeId);
    await untilFree(imago, volumeId);
    assert.deepEqual(await disksOf(imago, id), [root]);
    const other = await running(imago);
    await attach(imago, volumeId, other);
    await untilAttached(imago, volumeId);
    assert.equal((await disksOf(imago, other))[1], volumeId);
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    assert.equal(await imago.readSnapshot(SnapshotId, 100), 7);
  });

  test('that its guest does not let go of is busy after a while, whole, and free when it does', async () => {
    const { guest, wrap } = stubborn();
    await imago.restart({ wrap });
    await attach(imago, volumeId, id);
    await untilAttached(imago, volumeId);
    await detach(imago, volumeId);
    await imago.until('it was asked', async () => guest.asked > 0);
    await untilVolume(imago, volumeId, 'detaching', (row) => row.attachment?.state === 'detaching');
    imago.advance(20_000);
    guest.changed(id);
    await untilVolume(imago, volumeId, 'busy', (row) => row.attachment?.state === 'busy');
    assert.deepEqual(await disksOf(imago, id), [root, volumeId]);
    guest.letsGo = true;
    guest.changed(id);
    await untilFree(imago, volumeId);
  });

  test('is pulled by force, whatever its guest does', async () => {
    const { wrap } = stubborn();
    await imago.restart({ wrap });
    await attach(imago, volumeId, id);
    await untilAttached(imago, volumeId);
    await detach(imago, volumeId);
    await untilVolume(imago, volumeId, 'detaching', (row) => row.attachment?.state === 'detaching');
    await detach(imago, volumeId, true);
    await untilFree(imago, volumeId);
  });

  test('is pulled from a guest that stands still for it, which goes on then', async () => {
    await attach(imago, volumeId, id);
    await untilAttached(imago, volumeId);
    let isBroken = true;
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      async status(instanceId) {
        const is = await hypervisor.status(instanceId);
        return isBroken ? 'io-error' : is;
      },
      resume: async () => !isBroken,
      async takeAway(...request) {
        await hypervisor.takeAway(...request);
        isBroken = false;
      },
    }));
    await imago.restart({ wrap });
    await detach(imago, volumeId, true);
    await untilFree(imago, volumeId);
    assert.deepEqual(await disksOf(imago, id), [root]);
  });

  test('waits for a place, and nothing else waits with it', async () => {
    let isFull = true;
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      async plug(instanceId, disk) {
        if (isFull && disk.slot === 1) throw new NoPlaceError('taken');
        await hypervisor.plug(instanceId, disk);
      },
    }));
    await imago.restart({ wrap });
    const second = await freeVolume(imago);
    await attach(imago, volumeId, id);
    await attach(imago, second, id, { index: 2, deviceName: '/dev/sdg' });
    await untilAttached(imago, second);
    const row = await imago.catalog.read(({ volumes }) => volumes.get(volumeId));
    assert.equal(row?.attachment?.state, 'attaching');
    isFull = false;
    await changeVolume(imago, volumeId, (before) => ({ ...before, tags: { a: 'b' } }));
    await untilAttached(imago, volumeId);
  });

  test('grows and is limited while it is used, and is as it was told after a start', async () => {
    await attach(imago, volumeId, id);
    await untilAttached(imago, volumeId);
    const figures = { sizeGiB: 3, volumeType: 'gp3', iops: 4000, throughputMiBps: 200 };
    const startedAt = new Date().toISOString();
    const from = { sizeGiB: 1, volumeType: 'gp3' };
    const to = figures;
    const modification = { state: 'modifying' as const, from, to, startedAt, earlier: [] };
    await changeVolume(imago, volumeId, (row) => ({ ...row, ...figures, modification }));
    const isModified = ({ modification: made }: { modification?: { state: string } }) =>
      made?.state === 'completed';
    await untilVolume(imago, volumeId, 'modified', isModified);
    const expected = {
      volumeId,
      sizeBytes: 3 * gibBytes,
      limits: { iops: 4000, bytesPerSecond: 200 * mibBytes },
      taken: false,
    };
    assert.deepEqual((await imago.hypervisor.disksOf(id))[1], expected);
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'stopped');
    await imago.call(startInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'running');
    assert.deepEqual((await imago.hypervisor.disksOf(id))[1], expected);
    // A layer that is smaller than its volume is captured as what it is, with zeros above.
    await detach(imago, volumeId);
    await untilFree(imago, volumeId);
    await changeVolume(imago, volumeId, (row) => ({ ...row, sizeGiB: 5 }));
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    assert.equal(await imago.readSnapshot(SnapshotId, 5 * gibBytes - 1), 0);
  });
});

describe('an instance that ends', () => {
  test('stops with what was attaching attached and what was detaching free', async () => {
    const { wrap } = stubborn();
    await imago.restart({ wrap });
    await attach(imago, volumeId, id);
    await untilAttached(imago, volumeId);
    await detach(imago, volumeId);
    await imago.call(stopInstances, { InstanceIds: [id], Force: true });
    const second = await freeVolume(imago);
    await attach(imago, second, id, { index: 2, deviceName: '/dev/sdg' });
    await imago.untilState(id, 'stopped');
    await untilFree(imago, volumeId);
    await untilAttached(imago, second);
    await imago.call(startInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'running');
    assert.deepEqual(await disksOf(imago, id), [root, second]);
  });

  test('takes those along that go with it, and leaves the others and what was leaving it', async () => {
    const { wrap } = stubborn();
    await imago.restart({ wrap });
    const [goes, leaves] = [await freeVolume(imago), await freeVolume(imago)];
    await attach(imago, volumeId, id);
    await attach(imago, goes, id, { index: 2, deleteOnTermination: true });
    await attach(imago, leaves, id, { index: 3, deleteOnTermination: true });
    for (const each of [volumeId, goes, leaves]) await untilAttached(imago, each);
    await detach(imago, leaves);
    await imago.call(terminateInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'terminated');
    await untilFree(imago, volumeId);
    await untilFree(imago, leaves);
    await imago.until('the others are gone', async () => {
      const files = (await imago.layerFiles()).map((file) => file.split('/')[0]);
      return files.sort().join() === [volumeId, leaves].sort().join();
    });
  });
});

test('a snapshot of a volume that no machine has had is one of zeros', async () => {
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
  await imago.untilQuiet();
  assert.equal(await imago.readSnapshot(SnapshotId, 0), 0);
  await attach(imago, volumeId, id);
  await untilAttached(imago, volumeId);
});
