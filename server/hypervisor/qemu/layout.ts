/**
 * What differs between generations of a machine's hardware. A machine keeps the layout that it was
 * first started with (MachineSpec.layout): a guest knows its disks and cards by their places. Pure.
 */
import type { MachineSpec } from '../hypervisor.ts';

export interface Layout {
  /** Disks have slots below this. */
  slotsMax: number;
  machine(spec: MachineSpec): { machine: string; memory: string[] };
  /** Beside console, agent, random numbers, the card and disks, which all layouts have. */
  devices(spec: MachineSpec): string[];
  firmware(uefi: UefiFirmware): string[];
  /** The accelerator where there is no KVM. */
  emulation: string;
  /** The other side of the serial port. */
  console: string;
  diskPlace(slot: number): { bus?: string; addr: string };
}

/** Firmware in flash for UEFI: code shared and read-only, variables the machine's own. */
export interface UefiFirmware {
  codeFile: string;
  /** It has secure boot. */
  isSecure?: boolean;
}

/** In QEMU's key=value lists a comma is written twice. */
export function escapeCommas(value: string): string {
  return value.replaceAll(',', ',,');
}
