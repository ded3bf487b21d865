/**
 * A host without memory or disk: what instances and captures say of it, and what waits until there
 * is room.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from '../host/host.ts';
import { type Hypervisor, type MachineStatus, NoMemoryError } from '../hypervisor/hypervisor.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { TestImago, withFaults } from '../tasks/test-imago.ts';
import { launch, running } from './test-launch.ts';

let imago: TestImago;
beforeEach(async () => {
  imago = await TestImago.start();
});
afterEach(() => imago[Symbol.asyncDispose]());

const startThrows = (error: Error) =>
  withFaults<Hypervisor>(() => ({
    start: async () => {
      throw error;
    },
  }));

const noSpace = Object.assign(new Error('write'), { code: 'ENOSPC' });
const failures: [Error, RegExp][] = [
  [new NoMemoryError('-m 9999999'), /InsufficientInstanceCapacity: The host has not enough free m/],
  [
    new Error('no layer', { cause: noSpace }),
    /InsufficientInstanceCapacity: The disk of the host is/,
  ],
  [new Error('QEMU: No space left on device'), /: The disk of the host is full\. Terminate insta/],
];

for (const [error, message] of failures) {
  test(`a start that fails says so, with what helps: ${error.message}`, async () => {
    const stopped = await running(imago);
    await imago.call(stopInstances, { InstanceIds: [stopped] });
    await imago.untilState(stopped, 'stopped');
    await imago.restart({ wrap: startThrows(error) });

    const never = await imago.untilState((await launch(imago)).InstanceId, 'terminated');
    assert.equal(never.stateReason?.code, 'Server.InsufficientInstanceCapacity');
    assert.match(never.stateReason?.message ?? '', message);
    assert.match(never.stateReason?.message ?? '', /launch it again$/);

    await imago.call(startInstances, { InstanceIds: [stopped] });
    const again = await imago.until('stopped again', async () => {
      const row = await imago.instance(stopped);
      return row?.state === 'stopped' && row.stateReason?.code === never.stateReason?.code && row;
    });
    assert.match(again.stateReason?.message ?? '', /start it again$/);
  });
}

/** A host whose disk the test fills and empties. */
function withDisk(disk: { full: boolean }) {
  return withFaults<Host>((host) => ({
    measure: async () => {
      const measures = await host.measure();
      return disk.full ? { ...measures, freeDiskBytes: 4096 } : measures;
    },
  }));
}

test('a guest that stopped for want of room goes on when there is room, and not before', async () => {
  const id = await running(imago);
  const disk = { full: true };
  let asked = 0;
  let resumed = 0;
  const wrap = withFaults<Hypervisor>((hypervisor) => ({
    status: async (instanceId): Promise<MachineStatus> => {
      asked++;
      return resumed === 0 ? 'disk-full' : hypervisor.status(instanceId);
    },
    resume: async () => ++resumed > 0,
  }));
  await imago.restart({ wrap, wrapHost: withDisk(disk) });
  const before = asked;
  await imago.until('it is looked at twice', async () => asked > before + 1);
  assert.equal(resumed, 0);
  disk.full = false;
  await imago.until('it goes on', async () => resumed === 1);
  assert.equal((await imago.instance(id))?.state, 'running');
});

test('a capture ends at the reserve, and says so on record', async () => {
  const id = await running(imago);
  const disk = { full: false };
  const wrapHost = (host: Host) =>
    withFaults<Host>(() => ({
      upload: async (_request, { signal } = {}) => {
        disk.full = true;
        await delay(60_000, undefined, { signal });
        throw new Error('nobody has ended it');
      },
    }))(withDisk(disk)(host));
  await imago.restart({ wrapHost });
  const order = { InstanceId: id, Name: 'too large', NoReboot: true };
  const { ImageId = '' } = await imago.call(createImage, order);
  await imago.untilQuiet();
  const { image, snapshots } = await imago.catalog.read(async (reader) => ({
    image: await reader.images.get(ImageId),
    snapshots: await reader.snapshots.list({ where: { state: 'error' } }),
  }));
  assert.equal(image?.state, 'failed');
  assert.match(image?.stateReason?.message ?? '', /^Server\.InsufficientVolumeCapacity: The disk/);
  assert.equal(snapshots.length, 1);
  assert.match(snapshots[0]?.stateMessage ?? '', /The disk of the host is full/);
});

test('a step that finds no room says so', async () => {
  const id = await running(imago);
  const pivot = async () => {
    throw noSpace;
  };
  await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ pivot })) });
  const order = { InstanceId: id, Name: 'no layer', NoReboot: true };
  const { ImageId = '' } = await imago.call(createImage, order);
  await imago.untilQuiet();
  const image = await imago.catalog.read((reader) => reader.images.get(ImageId));
  assert.match(
    image?.stateReason?.message ?? '',
    /step pivot failed: the disk of the host is full/,
  );
});
