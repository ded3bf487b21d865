/**
 * Disks that are plugged and unplugged while parts of that fail: whatever was done, the next call
 * finds it and does the rest, and nothing stays open that no device uses.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLayer } from '../../disk/qcow2-create.ts';
import type { MachineDisk } from '../hypervisor.ts';
import { disksOf, plugDisk, takeDiskAway, unplugDisk } from './hot-plug.ts';
import { layersOf } from './layers.ts';
import { FakeQemu } from './test-fake-qemu.ts';

const volumeId = 'vol-000000000000da7a0';
const sizeBytes = 2 ** 30;

async function diskOf(fake: FakeQemu): Promise<MachineDisk> {
  const layer = { number: 1, path: `${fake.folder}/data.qcow2` };
  await createLayer(layer.path, sizeBytes);
  const base = { exportName: 'b'.repeat(64), sizeBytes };
  return { volumeId, slot: 1, layers: [layer], base, sizeBytes };
}

const openOf = ({ nodes }: FakeQemu) =>
  nodes.filter((name) => name.startsWith('v000000000000da7a0.'));

const refuse = () => {
  throw new Error('refused');
};

test('a disk that QEMU has no place for is left out whole, and is plugged once there is one', async () => {
  await using fake = await FakeQemu.start();
  const disk = await diskOf(fake);
  fake.onDeviceAdd = refuse;
  await assert.rejects(plugDisk(fake.machine, disk), { name: 'NoPlaceError' });
  assert.deepEqual(openOf(fake), []);
  fake.onDeviceAdd = () => {};
  await plugDisk(fake.machine, disk);
  await plugDisk(fake.machine, disk);
  assert.equal(openOf(fake).length, 3, 'layer, file, base');
  assert.deepEqual(await layersOf(fake.machine, volumeId), [1]);
});

test('what was killed between the nodes and the device is opened anew', async () => {
  await using fake = await FakeQemu.start();
  const disk = await diskOf(fake);
  for (const name of ['1f', '1']) {
    await fake.machine.qmp.execute('blockdev-add', { 'node-name': `v000000000000da7a0.${name}` });
  }
  await plugDisk(fake.machine, disk);
  assert.equal(openOf(fake).length, 3);
});

test('a plug whose answer is lost is found done', async () => {
  await using fake = await FakeQemu.start();
  const disk = await diskOf(fake);
  const heard = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  fake.onDeviceAdd = () => {
    heard.resolve();
    return answer.promise;
  };
  const plugged = plugDisk(fake.machine, disk).catch((error: Error) => error);
  await heard.promise;
  const before = fake.machine.qmp;
  before.close();
  answer.resolve();
  assert.ok((await plugged) instanceof Error);
  while (fake.machine.qmp === before) await new Promise((resolve) => setTimeout(resolve, 10));
  await plugDisk(fake.machine, disk);
  assert.ok(fake.devices.includes('v000000000000da7a0'));
  assert.equal(openOf(fake).length, 3);
});

test('a guest that does not let go keeps its disk whole, and is asked again', async () => {
  await using fake = await FakeQemu.start();
  await plugDisk(fake.machine, await diskOf(fake));
  fake.obedient = false;
  assert.equal(await unplugDisk(fake.machine, volumeId), false);
  assert.equal(openOf(fake).length, 3);
  fake.onDeviceDel = () => {
    throw new Error('Device is already in the process of unplug');
  };
  assert.equal(await unplugDisk(fake.machine, volumeId), false);
  fake.letGo(volumeId);
  assert.equal(await unplugDisk(fake.machine, volumeId), true);
  assert.deepEqual(openOf(fake), []);
  assert.equal(await unplugDisk(fake.machine, volumeId), true);
});

test('it may let go while it is waited for, or after nobody did', async () => {
  await using fake = await FakeQemu.start();
  await plugDisk(fake.machine, await diskOf(fake));
  fake.obedient = false;
  fake.onDeviceDel = () => void setTimeout(() => fake.letGo(volumeId), 100);
  assert.equal(await unplugDisk(fake.machine, volumeId), true);
  assert.deepEqual(openOf(fake), []);
});

test('what is taken away is closed whatever the guest does; it and its slot are no disk then', async () => {
  await using fake = await FakeQemu.start();
  const disk = await diskOf(fake);
  await plugDisk(fake.machine, disk);
  fake.obedient = false;
  fake.onQomSet = refuse;
  await assert.rejects(takeDiskAway(fake.machine, volumeId));
  assert.equal(fake.topOf(volumeId), 'v000000000000da7a0.1');
  fake.onQomSet = () => {};
  await takeDiskAway(fake.machine, volumeId);
  await takeDiskAway(fake.machine, volumeId);
  assert.deepEqual(openOf(fake), ['v000000000000da7a0.taken']);
  const taken = (await disksOf(fake.machine)).find((each) => each.volumeId === volumeId);
  assert.equal(taken?.taken, true);
  await assert.rejects(layersOf(fake.machine, volumeId), { name: 'NoDiskError' });
  await assert.rejects(plugDisk(fake.machine, disk), { name: 'NoPlaceError' });
  fake.letGo(volumeId);
  await plugDisk(fake.machine, disk);
  assert.equal(openOf(fake).length, 3);
});
