/** File systems of e2fsprogs, and disks of them, for tests of what reads them. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Disk } from '../disk/disk.ts';

const run = promisify(execFile);
const mib = 1024 ** 2;
const zeros = Buffer.alloc(mib);

/** Path to content; `link:` before the target of a link. */
export type Files = Readonly<Record<string, string | Buffer>>;

/** A system in which the checks find nothing. */
export const cleanSystem: Files = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000::/srv/me:/bin/sh\n',
  'etc/shadow': 'root:*:20000:0:99999:7:::\nme:!$y$abc:20000:0:99999:7:::\n',
  'etc/machine-id': 'uninitialized\n',
  'etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n',
  'etc/ssh/sshd_config.d/10-first.conf': 'PermitRootLogin no\nPasswordAuthentication no\n',
  'etc/ssh/ssh_host_ed25519_key.pub': 'public',
  'root/.bash_history': '',
  'root/.ssh/authorized_keys': '# none\n\n',
  'var/lib/cloud/scripts/per-boot/x': '',
};

export interface FileSystemOptions {
  sizeMiB?: number;
  /** Of mke2fs. */
  options?: readonly string[];
  /** What is not told as a content: in the folder that is copied. */
  prepare?: (folder: string) => Promise<void>;
}

/** One that holds these files, made by mke2fs. */
export async function makeFileSystem(
  files: Files,
  { sizeMiB = 8, options = ['-t', 'ext4'], prepare }: FileSystemOptions = {},
): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-contents-'));
  try {
    const root = path.join(folder, 'root');
    await mkdir(root);
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(root, name);
      await mkdir(path.dirname(file), { recursive: true });
      const target = /^link:(.*)$/s.exec(content.toString())?.[1];
      if (target !== undefined) await symlink(target, file);
      else await writeFile(file, content);
    }
    await prepare?.(root);
    const image = path.join(folder, 'image');
    await run('mke2fs', ['-q', '-F', ...options, '-d', root, image, `${sizeMiB}M`]);
    return await readFile(image);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** With what commands of debugfs change in it. */
export function changed(image: Buffer, ...commands: readonly string[]): Promise<Buffer> {
  return asFile(image, async (file) => {
    const script = `${file}.commands`;
    await writeFile(script, commands.map((each) => `${each}\n`).join(''));
    await run('debugfs', ['-w', '-f', script, file]);
  });
}

/** Makes a file of these pieces, by where they are, and holes between them. */
export async function writeSparse(
  file: string,
  sizeBytes: number,
  pieces: ReadonlyMap<number, Buffer>,
): Promise<void> {
  await using target = await open(file, 'w');
  await target.truncate(sizeBytes);
  for (const [at, bytes] of pieces) await target.write(bytes, 0, bytes.length, at);
}

/** With indexes of its large folders, as a kernel makes them, after these commands. */
export function indexed(image: Buffer, ...before: readonly string[][]): Promise<Buffer> {
  return asFile(image, async (file) => {
    for (const [command = '', ...options] of before) await run(command, [...options, file]);
    // It ends with 1 when it has changed something.
    await run('e2fsck', ['-fyD', file]).catch(() => {});
  });
}

async function asFile(image: Buffer, change: (file: string) => Promise<unknown>): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-contents-'));
  try {
    const file = path.join(folder, 'image');
    await writeFile(file, image);
    await change(file);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A disk with these partitions, from its first MiB on, by sfdisk. */
export async function makeDisk(
  label: 'gpt' | 'dos',
  partitions: readonly { bytes: Buffer; type?: string }[],
): Promise<Buffer> {
  let at = mib;
  const starts = partitions.map(({ bytes }) => {
    const start = at;
    at += Math.ceil(bytes.length / mib) * mib;
    return start;
  });
  const disk = Buffer.alloc(at + mib);
  for (const [index, { bytes }] of partitions.entries()) bytes.copy(disk, starts[index]);
  return asFile(disk, async (file) => {
    const lines = partitions.map(({ bytes, type }, index) => {
      const sectors = `start=${(starts[index] as number) / 512}, size=${bytes.length / 512}`;
      return type ? `${sectors}, type=${type}` : sectors;
    });
    const child = run('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', file]);
    child.child.stdin?.end(`label: ${label}\nunit: sectors\n${lines.join('\n')}\n`);
    await child;
  });
}

export class BufferDisk implements Disk {
  readonly sizeBytes: number;
  readonly #bytes: Buffer;
  reads = 0;

  /** Behind the bytes there may be zeros. */
  constructor(bytes: Buffer, sizeBytes = bytes.length) {
    this.#bytes = bytes;
    this.sizeBytes = sizeBytes;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    this.reads++;
    if (offset >= this.#bytes.length && length <= zeros.length) return zeros.subarray(0, length);
    if (offset + length > this.#bytes.length) {
      return Buffer.concat([this.#bytes.subarray(offset)], length);
    }
    return this.#bytes.subarray(offset, offset + length);
  }

  async close(): Promise<void> {}
}
