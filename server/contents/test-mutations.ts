/**
 * File systems of every kind that is read, changed at random where their readers look: whatever
 * they are then, each call ends soon, in an answer or in `UnreadableContents`, and nothing is read
 * outside of the part of the disk that they are on.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { BoundedReader, budgets, UnreadableContents } from './bounded-reader.ts';
import { openDisk } from './disk-contents.ts';
import type { FileSystem, Inode } from './file-system.ts';
import { readers } from './file-system-kinds.ts';
import { makeFat } from './test-fat.ts';
import {
  BufferDisk,
  changed,
  type Files,
  indexed,
  makeDisk,
  makeFileSystem,
  writeSparse,
} from './test-file-systems.ts';
import { makeGroup } from './test-lvm.ts';
import { makeXfs, type Proto } from './test-xfs.ts';

const mib = 1024 ** 2;
const callMs = 5000;
const inodesMax = 150;
const readMaxBytes = 64 * 1024;
const superblockMaxBytes = 1024;

const names = Array.from({ length: 80 }, (_, index) => `many/${index}-with-a-name-of-its-own`);
/** Enough for an index to be used. */
const longNames = Array.from({ length: 600 }, (_, index) => `${index}`.padStart(240, 'n'));
/** Mostly zeros, as bytes of contents are not what is to be changed. */
const large = Buffer.alloc(200_000);
for (let at = 0; at < large.length; at += 900) large[at] = 1;
const files: Files = {
  'etc/hostname': 'web\n',
  'etc/middle': large.subarray(0, 5000),
  'etc/large': large,
  'etc/fstab': 'x'.repeat(100),
  'a/b/c/d/e': 'deep',
  ...Object.fromEntries(names.map((name) => [name, name])),
};
const links: Files = { 'etc/link': 'link:hostname', 'etc/far': `link:${'x/'.repeat(100)}` };

const attributes = [
  'ea_set /etc/hostname user.short value',
  `ea_set /etc/hostname user.long ${'v'.repeat(500)}`,
];

async function ext(...options: string[]): Promise<Buffer> {
  return extOf({ ...files, ...links }, options);
}

async function extOf(tree: Files, options: readonly string[]): Promise<Buffer> {
  const holes = new Map(
    Array.from({ length: 100 }, (_, index) => [index * 3072, large.subarray(0, 1024)]),
  );
  const prepare = (folder: string) => writeSparse(path.join(folder, 'holes'), 320_000, holes);
  const made = await makeFileSystem(tree, { options, prepare });
  return changed(made, ...attributes, 'mknod tty c 4 64');
}

const said = (mode: string) => `${mode} 0 0`;
const xfsTree: readonly Proto[] = [
  {
    name: 'etc',
    says: said('d--755'),
    below: [
      { name: 'hostname', says: said('---644'), content: Buffer.from('web\n') },
      { name: 'large', says: said('---644'), content: large },
      { name: 'link', says: `${said('l--777')} hostname` },
      { name: 'tty', says: `${said('c--600')} 4 64` },
    ],
  },
  {
    name: 'many',
    says: said('d--755'),
    below: names.map((name) => ({
      name: path.basename(name),
      says: said('---644'),
      content: Buffer.from('x'),
    })),
  },
];

/** Each is made when its turn comes. */
export const fuzzed: Readonly<Record<string, () => Promise<Buffer>>> = {
  ext2: () => ext('-t', 'ext2', '-b', '1024'),
  ext4: () => ext('-t', 'ext4', '-b', '1024', '-O', '^metadata_csum'),
  'ext4 with checksums': () => ext('-t', 'ext4', '-b', '1024'),
  'ext4 with files in inodes': () =>
    ext('-t', 'ext4', '-I', '512', '-O', 'inline_data,^metadata_csum'),
  'ext4 with indexes': async () =>
    indexed(
      await extOf(
        {
          'etc/hostname': 'x',
          ...Object.fromEntries(longNames.map((name) => [`many/${name}`, ''])),
        },
        [...['-t', 'ext4', '-b', '1024', '-O', '^metadata_csum']],
      ),
    ),
  xfs: () => makeXfs(xfsTree),
  'xfs without checksums': () => makeXfs(xfsTree, { options: ['-m', 'crc=0'] }),
  fat12: () => makeFat(files, { bits: 12, sizeMiB: 4 }),
  fat16: () => makeFat(files, { bits: 16 }),
  fat32: () => makeFat(files, { bits: 32, sizeMiB: 40 }),
};

/** Disks with tables and volumes, whose parts are found by what is changed. */
export const fuzzedDisks: Readonly<Record<string, () => Promise<Buffer>>> = {
  GPT: async () => makeDisk('gpt', [{ bytes: await ext('-t', 'ext2') }]),
  MBR: async () => makeDisk('dos', [{ bytes: await ext('-t', 'ext2') }]),
  LVM: async () => {
    const bytes = await ext('-t', 'ext2', '-b', '1024');
    const segments = [
      { disk: 0, from: 70, extents: 64 },
      { disk: 0, from: 0, extents: 64 },
    ];
    const group = { name: 'vg', extents: [140], volumes: { root: { segments, bytes } } };
    return makeGroup(group)[0] as Buffer;
  },
};

/** A disk that fails the test when it is read outside of a part of it. */
class GuardedDisk extends BufferDisk {
  readonly read: [offset: number, length: number][] = [];
  /** That is not what is to be changed. */
  readsContent = false;
  readonly #start: number;
  readonly #end: number;

  constructor(bytes: Buffer, start: number, end: number) {
    super(bytes, end + mib);
    this.#start = start;
    this.#end = end;
  }

  override async pread(offset: number, length: number): Promise<Buffer> {
    const inside = Number.isSafeInteger(offset) && offset >= this.#start && length >= 0;
    assert.ok(inside && offset + length <= this.#end, `${length} bytes at ${offset}`);
    if (!this.readsContent) this.read.push([offset, length]);
    return super.pread(offset, length);
  }
}

export interface Mutations {
  count: number;
  /** Of what was changed: nothing of it could be read, or something could not. */
  refused: number;
  partly: number;
  longestMs: number;
}

export async function tryMutations(
  bytes: Buffer,
  { count, seed, isDisk = false }: { count: number; seed: number; isDisk?: boolean },
): Promise<Mutations> {
  const random = numbers(seed);
  const start = isDisk ? 0 : mib;
  const disk = Buffer.concat([Buffer.alloc(start), bytes]);
  const look = async (end: number) => {
    const guarded = new GuardedDisk(disk, start, end);
    const found = isDisk
      ? await lookIntoDisk(guarded, end)
      : await lookIntoPart(guarded, start, end);
    return { ...found, read: guarded.read };
  };
  const clean = await look(disk.length);
  assert.deepEqual([clean.opened > 0, clean.refused], [true, 0], 'what is not changed is read');
  const total = { count, refused: 0, partly: 0, longestMs: 0 };
  for (let index = 0; index < count; index++) {
    const undo = mutate(disk, clean.read, random);
    const isCut = random(20) === 0;
    const end = isCut ? start + 1 + random(disk.length - start) : disk.length;
    try {
      const found = await look(end);
      if (found.opened === 0) total.refused++;
      else if (found.refused > 0) total.partly++;
      total.longestMs = Math.max(total.longestMs, found.longestMs);
      assert.ok(found.longestMs < callMs, `a call took ${found.longestMs} ms`);
    } catch (error) {
      throw new Error(`seed ${seed}, mutation ${index}`, { cause: error });
    }
    for (const [at, before] of undo.reverse()) before.copy(disk, at);
  }
  return total;
}

/** Calls by themselves: each is timed, and may be refused. */
class Calls {
  refused = 0;
  opened = 0;
  longestMs = 0;

  async try<T>(call: () => Promise<T>): Promise<T | undefined> {
    const startMs = performance.now();
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UnreadableContents)) throw error;
      assert.ok(error.message.length < 300, error.message);
      this.refused++;
      return undefined;
    } finally {
      this.longestMs = Math.max(this.longestMs, performance.now() - startMs);
    }
  }
}

async function lookIntoPart(disk: GuardedDisk, start: number, end: number): Promise<Calls> {
  const part = BoundedReader.of(disk, budgets.walk).part(start, end - start);
  const calls = new Calls();
  for (const { isHere, open } of readers) {
    if (!(await calls.try(() => isHere(part)))) continue;
    const opened = await calls.try(() => open(part));
    if (opened) await lookInto(opened, disk, calls);
    break;
  }
  return calls;
}

async function lookIntoDisk(disk: GuardedDisk, end: number): Promise<Calls> {
  const calls = new Calls();
  const cut = { sizeBytes: end, pread: disk.pread.bind(disk), close: async () => {} };
  for (const { fileSystem } of (await calls.try(() => openDisk(cut, budgets.walk))) ?? []) {
    if (fileSystem) await lookInto(fileSystem, disk, calls);
  }
  return calls;
}

async function lookInto(fileSystem: FileSystem, disk: GuardedDisk, calls: Calls): Promise<void> {
  calls.opened++;
  const seen = new Set([fileSystem.rootNumber]);
  for (const number of seen) {
    const inode = await calls.try(() => fileSystem.inode(number));
    if (!inode) continue;
    await calls.try(() => fileSystem.attributes(inode));
    if (inode.kind === 'link') await calls.try(() => fileSystem.target(inode));
    disk.readsContent = true;
    if (inode.kind === 'file') await readSome(fileSystem, inode, calls);
    disk.readsContent = false;
    if (inode.kind !== 'folder') continue;
    const entries = (await calls.try(() => fileSystem.entries(inode))) ?? [];
    for (const { number: below } of entries) if (seen.size < inodesMax) seen.add(below);
    const name = entries.at(-1)?.name ?? Buffer.from('nothing');
    await calls.try(async () => fileSystem.lookUp?.(inode, name));
  }
}

async function readSome(fileSystem: FileSystem, inode: Inode, calls: Calls): Promise<void> {
  const { sizeBytes } = inode;
  for (const at of new Set([0, Math.floor(sizeBytes / 2), Math.max(0, sizeBytes - 100)])) {
    const content = await calls.try(() => fileSystem.content(inode, at, readMaxBytes));
    if (!content) continue;
    assert.equal(content.length, Math.max(0, Math.min(readMaxBytes, sizeBytes - at)));
  }
}

type Undo = [at: number, before: Buffer][];
const odd = [0, 1, 2, 7, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** A few places of those that were read; mostly such as have something. */
function mutate(
  disk: Buffer,
  places: readonly [offset: number, length: number][],
  random: (below: number) => number,
): Undo {
  const undo: Undo = [];
  const large = places.filter(([, length]) => length > superblockMaxBytes);
  if (large.length === 0) large.push(...places);
  const place = () => {
    let at = 0;
    for (let tries = 0; tries < 20; tries++) {
      // Most of them are of the superblock, and most of what is read is behind it.
      const some = random(16) === 0 ? places : large;
      const [offset, length] = some[random(some.length)] as [number, number];
      at = Math.min(offset + random(length), disk.length - 64);
      if (disk[at] !== 0) break;
    }
    return at;
  };
  const put = (at: number, bytes: Buffer) => {
    undo.push([at, Buffer.from(disk.subarray(at, at + bytes.length))]);
    bytes.copy(disk, at);
  };
  for (let left = 1 + random(4); left > 0; left--) {
    const at = place();
    const word = Buffer.alloc(4);
    switch (random(5)) {
      case 0:
        put(at, Buffer.from([(disk[at] ?? 0) ^ (1 << random(8))]));
        break;
      case 1:
        word.writeUInt32LE(odd[random(odd.length)] as number);
        put(at & ~3, random(2) === 0 ? word : word.swap32());
        break;
      case 2:
        put(at, Buffer.from(Array.from({ length: 1 + random(8) }, () => random(256))));
        break;
      case 3:
        // What is somewhere else, such as a number of a block.
        put(at & ~3, Buffer.from(disk.subarray(place() & ~3).subarray(0, 4 * (1 + random(8)))));
        break;
      default:
        word.writeInt32LE((disk.readInt32LE(at & ~3) + random(9) - 4) | 0);
        put(at & ~3, word);
    }
  }
  return undo;
}

/** Below a limit, of a seed: the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
