/** What the block store is measured with: dense bytes of programs, and random ones. */
import { execFile, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

const chunkBytes = 4 * 1024 ** 2;

/** Programs and libraries of this machine: as compressible as a root file system. */
export async function writeRealBytes(file: string, sizeBytes: number): Promise<void> {
  const folders = ['usr/lib', 'usr/bin', 'usr/share', 'var/lib', 'opt'];
  const tar = spawn('tar', ['-C', '/', '--ignore-failed-read', '-cf', '-', ...folders], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await using handle = await open(file, 'wx');
  let written = 0;
  for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
    written += (await handle.write(chunk)).bytesWritten;
    if (written >= sizeBytes) break;
  }
  tar.kill();
  if (written < sizeBytes) throw new Error(`this machine has only ${written} bytes of programs`);
  await handle.truncate(sizeBytes);
  await handle.sync();
}

export async function writeRandomBytes(file: string, sizeBytes: number): Promise<void> {
  await using handle = await open(file, 'wx');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let at = 0; at < sizeBytes; at += chunkBytes) {
    randomFillSync(chunk);
    await handle.write(chunk, 0, Math.min(chunkBytes, sizeBytes - at), at);
  }
  await handle.sync();
}

/** Out of the page cache, so that the next who reads them waits for the disk. */
export async function evict(...files: string[]): Promise<void> {
  const one = 'dd of="$each" oflag=nocache conv=notrunc,fdatasync count=0 status=none';
  const script = `for each in "$@"; do ${one}; done`;
  await promisify(execFile)('sh', ['-c', script, 'sh', ...files]);
}

/** Into the page cache. */
export async function warm(file: string): Promise<void> {
  await promisify(execFile)('dd', [`if=${file}`, 'of=/dev/null', 'bs=4M']);
}
