/**
 * A disk as QEMU is told of it: its block nodes and its device, the same on the command line and
 * where it is plugged later. Pure.
 */
import path from 'node:path';
import type { MachineDisk, MachineDiskBase, MachineLayout } from '../hypervisor.ts';
import {
  type BlockdevOptions,
  deviceName,
  diskOptions,
  diskSerial,
  layerNode,
} from './block-graph.ts';
import { layouts } from './layouts.ts';

export interface OpenedDisk {
  /** In the order in which they are opened. */
  nodes: BlockdevOptions[];
  device: Record<string, unknown>;
}

/** `workFolder` is QEMU's. */
export function openedDisk(
  disk: MachineDisk,
  workFolder: string,
  layout: MachineLayout,
): OpenedDisk {
  const top = disk.layers.at(-1);
  if (!top) throw new RangeError(`${disk.volumeId} has no layer to write to`);
  const device = {
    driver: 'virtio-blk-pci',
    id: deviceName(disk.volumeId),
    drive: layerNode(disk.volumeId, top.number),
    serial: diskSerial(disk.volumeId),
    ...layouts[layout].diskPlace(disk.slot),
    // A store that is away or a host disk that is full stops the machine; it does not break the
    // guest's file system.
    rerror: 'stop',
    werror: 'stop',
    // With `strict=on` nothing else boots, be it an equal copy of this disk.
    ...(disk.slot === 0 ? { bootindex: 0 } : {}),
  };
  return { nodes: diskOptions(withRelativePaths(workFolder, disk)), device };
}

/**
 * Relative to the working directory: an unprivileged QEMU may not be allowed to enter all folders
 * above the home.
 */
function withRelativePaths(folder: string, disk: MachineDisk): MachineDisk {
  const layers = disk.layers.map((layer) => ({
    ...layer,
    path: path.relative(folder, layer.path),
  }));
  return { ...disk, layers, base: disk.base && withRelativeFile(folder, disk.base) };
}

export function withRelativeFile(folder: string, base: MachineDiskBase): MachineDiskBase {
  return base.file === undefined ? base : { ...base, file: path.relative(folder, base.file) };
}
