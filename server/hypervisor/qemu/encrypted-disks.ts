/**
 * Disks whose layers are encrypted. What opens them comes to QEMU over QMP (`object-add`) and is in
 * no argument and no file, so they cannot be opened when it starts: such a disk begins as a
 * placeholder of its size, and what is really there is put over it, as a pivot puts layers, before
 * the guest begins.
 */
import type { MachineDisk } from '../hypervisor.ts';
import {
  type BlockdevOptions,
  type DeviceInfo,
  deviceName,
  layerNode,
  secretId,
  topNode,
} from './block-graph.ts';
import { openedDisk } from './disk-device.ts';
import type { QemuMachine } from './machine.ts';
import { QmpError } from './qmp.ts';

export function placeholderNode(volumeId: string): string {
  return `${deviceName(volumeId)}.tmp`;
}

export function placeholderOptions({ volumeId, sizeBytes: size }: MachineDisk): BlockdevOptions {
  return { driver: 'null-co', 'node-name': placeholderNode(volumeId), size };
}

/** Whether it was started and has not been given its disks yet. */
export async function awaitsDisks(machine: QemuMachine): Promise<boolean> {
  return (await nodeNames(machine)).some((name) => name.endsWith('.tmp'));
}

/** What is there already is left: a killed call may have come so far. */
export async function openEncryptedDisks(
  machine: QemuMachine,
  disks: readonly MachineDisk[],
): Promise<void> {
  for (const disk of disks) if (disk.secret !== undefined) await openEncryptedDisk(machine, disk);
}

async function openEncryptedDisk(machine: QemuMachine, disk: MachineDisk): Promise<void> {
  const { qmp, workFolder, process } = machine;
  const { volumeId } = disk;
  const devices = (await qmp.execute('query-block')) as DeviceInfo[];
  const placeholder = placeholderNode(volumeId);
  const top = layerNode(volumeId, disk.layers.at(-1)?.number ?? 0);
  const { nodes } = openedDisk(disk, workFolder, process.layout);
  const topOptions = nodes.at(-1);
  if (topNode(devices, volumeId) === placeholder) {
    await giveSecret(machine, disk);
    const open = new Set(await nodeNames(machine));
    for (const node of nodes) {
      if (open.has(node['node-name'])) continue;
      const isTop = node === topOptions;
      await qmp.execute('blockdev-add', isTop ? { ...node, backing: null } : node);
    }
    const overlay = { node: placeholder, overlay: top };
    const actions = [{ type: 'blockdev-snapshot', data: overlay }];
    await qmp.execute('transaction', { actions });
  }
  if (!(await nodeNames(machine)).includes(placeholder)) return;
  await qmp.execute('blockdev-reopen', { options: [topOptions] });
  await qmp.execute('blockdev-del', { 'node-name': placeholder });
}

/** Before any node that needs it. */
export async function giveSecret(machine: QemuMachine, disk: MachineDisk): Promise<void> {
  const { volumeId, secret } = disk;
  if (secret === undefined) return;
  // One of before is the same: it is made of the volume's key.
  await takeSecret(machine, volumeId);
  const object = { 'qom-type': 'secret', id: secretId(volumeId), data: secret };
  await machine.qmp.execute('object-add', object).catch(tolerateRefusal);
}

/** When nothing of the disk is open any more. */
export async function takeSecret({ qmp }: QemuMachine, volumeId: string): Promise<void> {
  await qmp.execute('object-del', { id: secretId(volumeId) }).catch(tolerateRefusal);
}

/** It is there, or is not, or is in use. Without it a node says so when it is opened. */
function tolerateRefusal(error: Error): void {
  if (!(error instanceof QmpError)) throw error;
}

async function nodeNames({ qmp }: QemuMachine): Promise<string[]> {
  const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
  return (nodes as { 'node-name': string }[]).map((node) => node['node-name']);
}
