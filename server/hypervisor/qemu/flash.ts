/**
 * The variables in the flash of a machine that runs: its memory-mapped contents, since what QEMU
 * has written to the file is behind. They come by a file in the folder of the machine's user, and
 * are read as hostile bytes.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRegularFile } from '../../foundations/regular-file.ts';
import type { UefiVariable } from '../../foundations/uefi-data.ts';
import type { QemuMachine } from './machine.ts';
import { readVariableStore } from './variable-store.ts';

const dumpFile = 'flash.bin';
/** Flash ends where 32 bits do: the code, and below it the variables. */
const flashEnd = 2 ** 32;
const flashMaxBytes = 8 * 1024 * 1024;

/**
 * While the firmware writes a word, the flash answers with its status; where it puts its whole store
 * in order, on a busy host, that takes seconds.
 */
const attempts = 100;
const pauseMs = 50;

export async function readFlash(machine: QemuMachine): Promise<UefiVariable[]> {
  const [code, variables] = [await flashBytes(machine, 0), await flashBytes(machine, 1)];
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const flash = await readMemory(machine, flashEnd - code - variables, variables);
    const found = flash && readVariableStore(flash);
    if (found) return found;
    await sleep(pauseMs);
  }
  throw new Error('no variable store was found in the flash');
}

async function flashBytes({ qmp }: QemuMachine, unit: 0 | 1): Promise<number> {
  const path = `/machine/system.flash${unit}`;
  const blocks = await qmp.execute('qom-get', { path, property: 'num-blocks' });
  const blockBytes = await qmp.execute('qom-get', { path, property: 'sector-length' });
  const bytes = Number(blocks) * Number(blockBytes);
  if (bytes > 0 && bytes <= flashMaxBytes) return bytes;
  throw new Error(`QEMU says that flash ${unit} has ${bytes} bytes`);
}

async function readMemory(
  { qmp, workFolder }: QemuMachine,
  address: number,
  bytes: number,
): Promise<Buffer | undefined> {
  const file = path.join(workFolder, dumpFile);
  await rm(file, { recursive: true, force: true });
  await qmp.execute('pmemsave', { val: address, size: bytes, filename: dumpFile });
  const dump = readRegularFile(file, bytes);
  await rm(file, { recursive: true, force: true });
  return dump;
}
