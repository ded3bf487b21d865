/** FAT file systems for tests: made by mkfs.vfat, filled by mtools, and found right by fsck.fat. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Files } from './test-file-systems.ts';

const run = promisify(execFile);
const mib = 1024 ** 2;

export interface FatOptions {
  bits?: 12 | 16 | 32;
  sizeMiB?: number;
  /** Of mkfs.vfat. */
  options?: readonly string[];
  /** What mtools do to it then, each a command with its arguments. */
  commands?: readonly (readonly [string, ...string[]])[];
  /** What is put into it last, where others left room. */
  last?: Files;
}

export async function makeFat(
  files: Files,
  { bits = 16, sizeMiB = 12, options = [], commands = [], last = {} }: FatOptions = {},
): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-fat-'));
  try {
    const [image, config] = [path.join(folder, 'image'), path.join(folder, 'mtoolsrc')];
    await writeFile(image, '');
    await truncate(image, sizeMiB * mib);
    await run('mkfs.vfat', ['-F', `${bits}`, ...options, image]);
    await writeFile(config, 'default_codepage=437\n');
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      MTOOLS_SKIP_CHECK: '1',
      MTOOLSRC: config,
    };
    const tool = (name: string, ...args: string[]) => run(name, ['-i', image, ...args], { env });
    const put = async (some: Files, source: string) => {
      const top = [...new Set(Object.keys(some).map((name) => name.split('/')[0] as string))];
      for (const [name, content] of Object.entries(some)) {
        await mkdir(path.dirname(path.join(source, name)), { recursive: true });
        await writeFile(path.join(source, name), content);
      }
      if (top.length === 0) return;
      await tool('mcopy', '-s', '-m', ...top.map((name) => path.join(source, name)), '::/');
    };
    await put(files, path.join(folder, 'first'));
    for (const [name, ...args] of commands) await tool(name, ...args);
    if (bits === 32) await forgetWhatIsFree(image);
    await put(last, path.join(folder, 'last'));
    await run('fsck.fat', ['-n', image]);
    return await readFile(image);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Of a FAT32, so that its beginning is looked through, as that of the others is. */
async function forgetWhatIsFree(image: string): Promise<void> {
  const bytes = await readFile(image);
  bytes.fill(0xff, 512 + 488, 512 + 496);
  await writeFile(image, bytes);
}
