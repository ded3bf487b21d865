/**
 * The hardware that older Imagos gave their machines: disks and the card right on the root bus,
 * where nothing can be plugged later. Guests outlive upgrades and know their devices by these
 * places, so nothing in here ever changes (layout-1.test.json).
 */
import type { MachineSpec } from '../hypervisor.ts';
import { escapeCommas, type Layout } from './layout.ts';

/** In the machine's folder; a copy of the firmware's template. */
export const uefiVariablesFile = 'uefi-vars.fd';

const firstDiskSlot = 0x08;

export const layout1: Layout = {
  slotsMax: 0x1e - firstDiskSlot + 1,
  machine: ({ machineType, memoryMiB }: MachineSpec) => ({
    machine: `${machineType},usb=off,vmport=off,dump-guest-core=off`,
    memory: ['-m', `${memoryMiB}`],
  }),
  devices: () => [],
  emulation: 'tcg,thread=multi',
  firmware: ({ codeFile }) => [
    '-drive',
    `if=pflash,unit=0,format=raw,readonly=on,file=${escapeCommas(codeFile)}`,
    '-drive',
    `if=pflash,unit=1,format=raw,file=${uefiVariablesFile}`,
  ],
  // Appending: the file may be cut at its front while the machine runs (console-log.ts).
  console: 'file,id=console,path=console.log,append=on',
  diskPlace: (slot) => ({ addr: `0x${(firstDiskSlot + slot).toString(16)}` }),
};
