/** File systems of xfsprogs for tests: trees by mkfs.xfs, and what xfs_db changes in them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { crc32c } from './crc32c.ts';

const run = promisify(execFile);
/** What makes mkfs.xfs take sizes that only its own tests have. */
const variables = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  TEST_DIR: 'test',
  TEST_DEV: 'test',
  QA_CHECK_FS: 'test',
};

/** Of one thing of a tree, as mkfs.xfs's prototype says it: `d--755 0 0`, `c--644 0 0 1 3`. */
export interface Proto {
  name: string;
  /** Kind, mode, owner, group; of links the target, of devices their numbers. */
  says: string;
  content?: Buffer;
  below?: readonly Proto[];
}

/** Options are mkfs.xfs's, commands xfs_db's. */
export async function makeXfs(
  tree: readonly Proto[],
  {
    options = [],
    commands = [],
    sizeMiB = 32,
  }: {
    options?: readonly string[];
    commands?: readonly string[];
    sizeMiB?: number;
  } = {},
): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-xfs-'));
  try {
    const [image, proto] = [path.join(folder, 'image'), path.join(folder, 'proto')];
    const lines = ['proto', '0 0', 'd--755 0 0', ...(await linesOf(folder, tree)), '$', ''];
    await writeFile(proto, lines.join('\n'));
    const place = ['-d', `file=1,name=${image},size=${sizeMiB}m,agcount=1`];
    await run('mkfs.xfs', ['-q', '-p', proto, ...options, ...place], { env: variables });
    if (commands.length > 0) await runDb(image, commands);
    return await readFile(image);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The same with changes, whose checksums xfs_db makes anew. */
export async function changedXfs(bytes: Buffer, ...commands: readonly string[]): Promise<Buffer> {
  return (await askXfs(bytes, ...commands)).bytes;
}

/** What xfs_db answers, and what it has made of it. */
export async function askXfs(
  bytes: Buffer,
  ...commands: readonly string[]
): Promise<{ bytes: Buffer; answer: string }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-xfs-'));
  try {
    const image = path.join(folder, 'image');
    await writeFile(image, bytes);
    const answer = await runDb(image, commands);
    return { bytes: await readFile(image), answer };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** With its checksum, which is inverted, made anew. */
export function sealed(
  bytes: Buffer,
  at: { start: number; length: number; checksum: number },
): Buffer {
  const part = bytes.subarray(at.start, at.start + at.length);
  part.writeUInt32LE(0, at.checksum);
  part.writeUInt32LE(~crc32c(0xffffffff, part) >>> 0, at.checksum);
  return bytes;
}

export const superblockAt = { start: 0, length: 512, checksum: 224 };
/** Of 512 bytes, in the only group. */
export const inodeAt = (number: number) => ({ start: number * 512, length: 512, checksum: 100 });

async function runDb(image: string, commands: readonly string[]): Promise<string> {
  const args = commands.flatMap((command) => ['-c', command]);
  return (await run('xfs_db', ['-x', ...args, image], { env: variables, maxBuffer: 1 << 26 }))
    .stdout;
}

/** Contents are read from files; one content needs one file. */
async function linesOf(folder: string, tree: readonly Proto[]): Promise<string[]> {
  const lines: string[] = [];
  const files = new Map<string, string>();
  for (const { name, says, content, below } of tree) {
    if (below) {
      lines.push(`${name} ${says}`, ...(await linesOf(folder, below)), '$');
      continue;
    }
    if (!content) {
      lines.push(`${name} ${says}`);
      continue;
    }
    const key = content.toString('latin1');
    const file = files.get(key) ?? path.join(await mkdtemp(path.join(folder, 'f')), 'content');
    if (!files.has(key)) await writeFile(file, content);
    files.set(key, file);
    lines.push(`${name} ${says} ${file}`);
  }
  return lines;
}
