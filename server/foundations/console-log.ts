/**
 * A machine's serial console as files in its folder: `console.log`, which the machine appends to
 * for ever, and `console.old`, the newest part of what was cut off. What the guest writes is
 * bounded here, on the host; so are the messages of QEMU (`qemu.log`), which a guest can provoke.
 * The folder belongs to the machine's user, so links in it are not followed.
 */
import { constants, type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';

/** A Debian boot writes about 50 KiB; EC2 itself keeps 64 KiB. */
const logMaxBytes = 16 * 1024 * 1024;
const keptBytes = 1024 * 1024;

/**
 * How often logs are looked at: a guest under emulation writes at most some MB/s to its console.
 */
export const trimIntervalMs = 10_000;

/** The newest `maxBytes`; empty when the machine never wrote. */
export async function readConsole(folder: string, maxBytes: number): Promise<Buffer> {
  const current = await tail(path.join(folder, 'console.log'), maxBytes);
  if (current.length === maxBytes) return current;
  const old = await tail(path.join(folder, 'console.old'), maxBytes - current.length);
  return Buffer.concat([old, current]);
}

/**
 * Cuts what has grown too long, of the console and of QEMU's messages; neither waits for the other.
 */
export async function trimLogs(folder: string): Promise<void> {
  await Promise.all([trimLog(folder, 'console'), trimLog(folder, 'qemu')]);
}

/** What the guest writes between the copy and the cut is lost: microseconds, once in 16 MiB. */
async function trimLog(folder: string, name: 'console' | 'qemu'): Promise<void> {
  const file = path.join(folder, `${name}.log`);
  const handle = await openRegular(file, constants.O_RDWR);
  if (!handle) return;
  try {
    if ((await handle.stat()).size <= logMaxBytes) return;
    const newest = await readTail(handle, keptBytes);
    const write = constants.O_WRONLY | constants.O_CREAT;
    const old = await openRegular(path.join(folder, `${name}.old`), write);
    if (!old) return;
    try {
      await old.truncate(0);
      await old.writeFile(newest);
    } finally {
      await old.close();
    }
    await handle.truncate(0);
  } finally {
    await handle.close();
  }
}

async function tail(file: string, maxBytes: number): Promise<Buffer> {
  const handle = await openRegular(file, constants.O_RDONLY);
  if (!handle) return Buffer.alloc(0);
  try {
    return await readTail(handle, maxBytes);
  } finally {
    await handle.close();
  }
}

async function readTail(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const { size } = await handle.stat();
  const length = Math.min(size, maxBytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}

async function openRegular(file: string, flags: number): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o640);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
}
