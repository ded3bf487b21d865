/**
 * A machine's disks as devices, while it runs: which it has, what is plugged and let go of, how
 * large they are and what they do at most. Each looks at what QEMU has and does what is missing, so
 * it can be called again after a kill. What lies inside a disk is layers.ts's.
 *
 * Letting go is the guest's: QEMU presses the attention button of the disk's port, and its
 * DEVICE_DELETED, or a list of devices without this one, is the proof. A reset lets go of all that
 * was asked for.
 */
import {
  type DiskLimits,
  type MachineDisk,
  NoDiskError,
  NoPlaceError,
  type PluggedDisk,
} from '../hypervisor.ts';
import {
  type DeviceInfo,
  deviceName,
  deviceOf,
  takenNode,
  takenOptions,
  topNode,
  volumeIdOf,
} from './block-graph.ts';
import { openedDisk } from './disk-device.ts';
import { giveSecret, takeSecret } from './encrypted-disks.ts';
import { closeNodes, giveToUserOf } from './layers.ts';
import type { QemuMachine } from './machine.ts';
import { QmpError } from './qmp.ts';

/** Linux lets go within a fraction of it, where its processor is not wanted by many. */
const letGoLimitMs = 1000;

/** EC2's: a larger request counts as several. */
const operationBytes = 256 * 1024;

export async function disksOf(machine: QemuMachine): Promise<PluggedDisk[]> {
  const disks: PluggedDisk[] = [];
  for (const { qdev, inserted } of await devicesOf(machine)) {
    const volumeId = volumeIdOf(qdev);
    if (volumeId === undefined) continue;
    const { iops, bps } = inserted ?? {};
    disks.push({
      volumeId,
      sizeBytes: inserted?.image?.['virtual-size'] ?? 0,
      limits: { ...(iops && { iops }), ...(bps && { bytesPerSecond: bps }) },
      taken: inserted?.['node-name'] === takenNode(volumeId),
    });
  }
  return disks;
}

export async function plugDisk(machine: QemuMachine, disk: MachineDisk): Promise<void> {
  const { qmp, workFolder } = machine;
  const { volumeId } = disk;
  const top = topNode(await devicesOf(machine), volumeId);
  if (top === takenNode(volumeId)) {
    throw new NoPlaceError(`the guest has not let go of ${volumeId} yet, which was taken from it`);
  }
  if (top !== undefined) return;
  // What a killed call, or a guest that let go unasked, has left open.
  await closeNodes(machine, volumeId);
  for (const layer of disk.layers) await giveToUserOf(machine, layer.path);
  const { nodes, device } = openedDisk(disk, workFolder, machine.process.layout);
  try {
    await giveSecret(machine, disk);
    for (const node of nodes) await qmp.execute('blockdev-add', node);
    await qmp.execute('device_add', device).catch(explainNoPlace);
  } catch (error) {
    await closeNodes(machine, volumeId).catch(() => {});
    throw error;
  }
  await settleDisks(machine, [disk]);
}

/** Sizes and limits of disks that are there. */
export async function settleDisks(
  machine: QemuMachine,
  disks: readonly MachineDisk[],
): Promise<void> {
  const plugged = new Map((await disksOf(machine)).map((disk) => [disk.volumeId, disk]));
  for (const { volumeId, sizeBytes, limits } of disks) {
    const is = plugged.get(volumeId);
    if (!is) throw new NoDiskError(volumeId);
    if (is.sizeBytes < sizeBytes) await resizeDisk(machine, volumeId, sizeBytes);
    if (limits) await limitDisk(machine, volumeId, limits);
  }
}

export async function unplugDisk(machine: QemuMachine, volumeId: string): Promise<boolean> {
  if (deviceOf(await devicesOf(machine), volumeId)) {
    const gone = machine.untilDeviceGone(deviceName(volumeId), letGoLimitMs);
    await machine.qmp.execute('device_del', { id: deviceName(volumeId) }).catch(toleratePending);
    if (!(await gone) && deviceOf(await devicesOf(machine), volumeId)) return false;
  }
  await closeNodes(machine, volumeId);
  await takeSecret(machine, volumeId);
  return true;
}

export async function takeDiskAway(machine: QemuMachine, volumeId: string): Promise<void> {
  if (await unplugDisk(machine, volumeId)) return;
  const { qmp } = machine;
  const device = deviceOf(await devicesOf(machine), volumeId);
  const taken = takenNode(volumeId);
  if (device && device.inserted?.['node-name'] !== taken) {
    // A killed call may have made it.
    await qmp.execute('blockdev-del', { 'node-name': taken }).catch(() => {});
    await qmp.execute('blockdev-add', takenOptions(volumeId));
    await qmp.execute('qom-set', { path: device.qdev, property: 'drive', value: taken });
  }
  await closeNodes(machine, volumeId, { but: taken });
  await takeSecret(machine, volumeId);
}

export async function resizeDisk(
  machine: QemuMachine,
  volumeId: string,
  sizeBytes: number,
): Promise<void> {
  const { inserted = {} } = await deviceThere(machine, volumeId);
  if ((inserted.image?.['virtual-size'] ?? 0) >= sizeBytes) return;
  const size = { 'node-name': inserted['node-name'], size: sizeBytes };
  await machine.qmp.execute('block_resize', size);
}

/** They are the device's, so that nothing of what lies below it takes them along. */
export async function limitDisk(
  machine: QemuMachine,
  volumeId: string,
  { iops = 0, bytesPerSecond: bps = 0 }: DiskLimits,
): Promise<void> {
  const { qdev, inserted } = await deviceThere(machine, volumeId);
  if (iops === (inserted?.iops ?? 0) && bps === (inserted?.bps ?? 0)) return;
  await machine.qmp.execute('block_set_io_throttle', {
    id: qdev,
    ...{ bps, bps_rd: 0, bps_wr: 0, iops, iops_rd: 0, iops_wr: 0 },
    ...(iops > 0 && { iops_size: operationBytes }),
  });
}

async function deviceThere(machine: QemuMachine, volumeId: string): Promise<DeviceInfo> {
  const device = deviceOf(await devicesOf(machine), volumeId);
  if (!device || device.inserted?.['node-name'] === takenNode(volumeId)) {
    throw new NoDiskError(volumeId);
  }
  return device;
}

async function devicesOf(machine: QemuMachine): Promise<DeviceInfo[]> {
  return (await machine.qmp.execute('query-block')) as DeviceInfo[];
}

/** The slot is taken by what a guest does not let go of, or the machine is one of layout 1. */
function explainNoPlace(error: Error): never {
  if (error instanceof QmpError) throw new NoPlaceError(error.message, { cause: error });
  throw error;
}

/** QEMU does not ask again while an answer may still come, nor where nothing can be unplugged. */
function toleratePending(error: Error): void {
  if (!(error instanceof QmpError)) throw error;
}
