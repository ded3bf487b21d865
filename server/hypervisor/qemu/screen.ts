/**
 * A machine's display: what it shows, by QEMU's `screendump`, and sessions at it by VNC. The dump is
 * a PPM file in the folder of the machine's user, who may have put anything in its place: it is
 * read as hostile bytes. Of VNC nothing is read here: it is between QEMU and who looks.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectToMachine } from '../../foundations/machine-socket.ts';
import { readRegularFile } from '../../foundations/regular-file.ts';
import { NoScreenError, type Screen } from '../hypervisor.ts';
import { screenDevice, screenSocket } from './layout-2.ts';
import type { QemuMachine } from './machine.ts';

const dumpFile = 'screen.ppm';

/** The adapter has 16 MiB of memory, and this format up to three bytes for each of them. */
const dumpMaxBytes = 50 * 1024 * 1024;

/** For the guest to take the key and draw again. */
const wakingMs = 500;

export async function readScreen(
  { qmp, workFolder }: Pick<QemuMachine, 'qmp' | 'workFolder'>,
  { wakeUp }: { wakeUp: boolean },
): Promise<Screen> {
  if (wakeUp) {
    // A key that types nothing.
    await qmp.execute('send-key', { keys: [{ type: 'qcode', data: 'shift' }] });
    await sleep(wakingMs);
  }
  const file = path.join(workFolder, dumpFile);
  await rm(file, { recursive: true, force: true });
  await qmp.execute('screendump', { filename: dumpFile, device: screenDevice });
  const dump = readRegularFile(file, dumpMaxBytes);
  await rm(file, { recursive: true, force: true });
  const screen = dump && parsePpm(dump);
  if (!screen) throw new Error('QEMU left no picture of the screen');
  return screen;
}

/** A machine that an older Imago started has no such socket. */
export async function openScreen(
  instanceId: string,
  { workFolder, process }: Pick<QemuMachine, 'workFolder' | 'process'>,
): Promise<Duplex> {
  if (process.layout === 1) throw new NoScreenError(instanceId);
  const socket = connectToMachine(path.join(workFolder, screenSocket));
  await once(socket, 'connect').catch((cause) => {
    throw cause.code === 'ENOENT' ? new NoScreenError(instanceId) : cause;
  });
  return socket;
}

/** Binary PPM of 8 bits, as QEMU writes it. */
export function parsePpm(bytes: Buffer): Screen | undefined {
  const header = /^P6\s(\d{1,5})\s(\d{1,5})\s255\s/.exec(bytes.toString('latin1', 0, 32));
  if (!header) return undefined;
  const [width, height] = [Number(header[1]), Number(header[2])];
  const rgb = bytes.subarray(header[0].length);
  if (width < 1 || height < 1 || rgb.length !== width * height * 3) return undefined;
  return { width, height, rgb };
}
