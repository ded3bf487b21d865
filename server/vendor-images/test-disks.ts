/** For tests: small disks as vendors publish them, compressed qcow2. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './test-vendor.ts';

const mib = 1024 ** 2;
export const diskBytes = 6 * mib;

/** Code for a BIOS, and something to find again. */
export function bootable(): Buffer {
  const disk = Buffer.alloc(diskBytes);
  disk.fill(0x90, 0, 100);
  disk.writeUInt16BE(0x55aa, 510);
  for (let at = mib; at < 3 * mib; at++) disk[at] = (at * 31 + (at >> 7)) & 255;
  disk.fill(77, diskBytes - 1000);
  return disk;
}

export function qcow2Of(disk: Buffer): Buffer {
  const folder = temporaryFolder('qcow2');
  const [raw, made] = ['disk.raw', 'disk.qcow2'].map((name) => path.join(folder, name));
  writeFileSync(raw as string, disk);
  const argv = ['convert', '-c', '-f', 'raw', '-O', 'qcow2', raw as string, made as string];
  execFileSync('qemu-img', argv);
  return readFileSync(made as string);
}
