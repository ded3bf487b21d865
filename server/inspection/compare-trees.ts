/**
 * What differs between the files of two images: both trees are gone through side by side, name by
 * name. Of two states of one file system only what leads to changes is (`changed-inodes.ts`). Of a
 * file's bytes nothing is read where both lie in the same places of their disks, and the blocks
 * there are the same (`SameBlocks`); its time alone is no difference.
 */
import type { Entry, FilePlace, FileSystem, Inode } from '../contents/file-system.ts';
import { namesOf, type SystemTree, type TreeFile } from '../contents/system-tree.ts';
import { inOrder } from '../foundations/in-order.ts';
import { changedInodes } from './changed-inodes.ts';
import { bytesOf } from './file-contents.ts';
import { Sweep } from './sweep.ts';

export type Difference =
  | 'attributes'
  | 'content'
  | 'device'
  | 'group'
  | 'kind'
  | 'mode'
  | 'owner'
  | 'target';

export interface FileChange {
  path: Buffer;
  /** Absent where it was added. */
  before?: TreeFile;
  /** Absent where it was removed. */
  after?: TreeFile;
  /** Of one that is in both. */
  differences: Difference[];
}

export interface SameBlocks {
  /** Both are in the same place of disks that can be compared block by block. */
  areInSamePlace(before: FileSystem, after: FileSystem): boolean;
  /** Whether this range of a file system of one is known to be the same in the other. */
  areSame(before: FileSystem, after: FileSystem, start: number, length: number): Promise<boolean>;
}

interface Pair {
  before: TreeFile;
  after: TreeFile;
}

/** In order of their paths, folders before what is in them. */
export async function* compareTrees(
  before: SystemTree,
  after: SystemTree,
  blocks: SameBlocks,
): AsyncGenerator<FileChange> {
  const comparison = new Comparison(before, after, blocks);
  const [one, other] = [await before.find('/'), await after.find('/')];
  if (!one || !other) return;
  await comparison.findChanges();
  const pairs = comparison.pairs({ before: one, after: other });
  const changes = inOrder(pairs, pairsAhead, (each) => comparison.change(each));
  for await (const change of changes) if (change) yield change;
}

/** Among so many pairs those whose contents lie together are looked for. */
const pairsAhead = 4096;
/** Of pairs; each has a piece of both files in memory. */
const contentsAtOnce = 16;

class Comparison {
  readonly #before: SystemTree;
  readonly #after: SystemTree;
  readonly #blocks: SameBlocks;
  readonly #contents = new Sweep(contentsAtOnce);
  readonly #seen = new Map<FileSystem, Set<number>>();
  /** Of a file system before: what is to be looked at, and of which it is an older state. */
  readonly #changed = new Map<FileSystem, { after: FileSystem; numbers: Set<number> }>();

  constructor(before: SystemTree, after: SystemTree, blocks: SameBlocks) {
    this.#before = before;
    this.#after = after;
    this.#blocks = blocks;
  }

  async findChanges(): Promise<void> {
    const [olds, news] = [this.#before.mounts, this.#after.mounts];
    for (const { path, fileSystem } of olds) {
      const after = news.find((each) => each.path.equals(path))?.fileSystem;
      const step = () => this.#before.step();
      const numbers = after && (await changedInodes(fileSystem, after, this.#blocks, step));
      if (numbers) this.#changed.set(fileSystem, { after, numbers });
    }
    // What is mounted in a folder is no change of it.
    for (const { path } of [...olds, ...news]) {
      for (const tree of [this.#before, this.#after]) await this.#addWay(tree, path);
    }
  }

  async #addWay(tree: SystemTree, path: Buffer): Promise<void> {
    const names = namesOf(path);
    for (let depth = 0; depth < names.length; depth++) {
      const above = names.slice(0, depth).map((name) => Buffer.concat([slash, name]));
      const found = await tree.find(Buffer.concat([slash, ...above]), { link: true });
      for (const [before, { after, numbers }] of this.#changed) {
        if (found && [before, after].includes(found.fileSystem)) numbers.add(found.inode.number);
      }
    }
  }

  /** Of the same path, beginning with `top`; those that are surely the same are left out. */
  async *pairs(top: Pair): AsyncGenerator<Partial<Pair>> {
    yield top;
    const levels = [await this.#level(top)];
    for (let level = levels[0]; level; level = levels.at(-1)) {
      const next = level.merged.next();
      if (!next) {
        levels.pop();
        continue;
      }
      if (next.before && next.after && this.#isPassedBy(level, next)) continue;
      const before = next.before && (await this.#before.entered(level.before, next.before));
      const after = next.after && (await this.#after.entered(level.after, next.after));
      const pair = { ...(before && { before }), ...(after && { after }) };
      yield pair;
      const isClosed = before?.inode.isEncrypted || after?.inode.isEncrypted;
      if (before?.inode.kind === 'folder' && after?.inode.kind === 'folder') {
        if (isClosed) continue;
        levels.push(await this.#level({ before, after }));
      } else yield* this.#below(pair);
    }
  }

  #isPassedBy({ before, after }: Level, entries: Merging<Entry>): boolean {
    const [was, is] = [entries.before as Entry, entries.after as Entry];
    const changed = this.#changed.get(before.fileSystem);
    return (
      changed?.after === after.fileSystem &&
      was.number === is.number &&
      !changed.numbers.has(was.number) &&
      !this.#before.isMountPoint(before, was) &&
      !this.#after.isMountPoint(after, is)
    );
  }

  async #level({ before, after }: Pair): Promise<Level> {
    for (const { fileSystem, inode } of [before, after]) {
      const numbers = this.#seen.get(fileSystem) ?? new Set();
      this.#seen.set(fileSystem, numbers);
      // Damage, which a walk refuses: here it has no more in it.
      if (numbers.has(inode.number)) return { before, after, merged: new Merged([], []) };
      numbers.add(inode.number);
    }
    const merged = new Merged(await this.#before.entries(before), await this.#after.entries(after));
    return { before, after, merged };
  }

  /** What is in a folder that the other has not, or that is none there. */
  async *#below({ before, after }: Partial<Pair>): AsyncGenerator<Partial<Pair>> {
    // A link is not followed.
    if (before?.inode.kind === 'folder' && !before.inode.isEncrypted) {
      for await (const each of this.#before.walk(before.path)) yield { before: each };
    }
    if (after?.inode.kind === 'folder' && !after.inode.isEncrypted) {
      for await (const each of this.#after.walk(after.path)) yield { after: each };
    }
  }

  /** Undefined where there is none. */
  async change({ before, after }: Partial<Pair>): Promise<FileChange | undefined> {
    if (!before) return after && { path: after.path, after, differences: [] };
    if (!after) return { path: before.path, before, differences: [] };
    const differences = await this.#differences({ before, after });
    return differences.length > 0 ? { path: before.path, before, after, differences } : undefined;
  }

  async #differences({ before, after }: Pair): Promise<Difference[]> {
    const [a, b] = [before.inode, after.inode];
    if (a.kind !== b.kind) return ['kind'];
    const found: Difference[] = [];
    if (a.mode !== b.mode) found.push('mode');
    if (a.uid !== b.uid) found.push('owner');
    if (a.gid !== b.gid) found.push('group');
    if (deviceText(a) !== deviceText(b)) found.push('device');
    if (a.isEncrypted || b.isEncrypted) {
      if (!(await this.#sameSecret(before, after))) found.push('content');
    } else if (a.kind === 'link') {
      if (!(await sameTarget(before, after))) found.push('target');
    } else if (a.kind === 'file' && !(await this.#sameContent(before, after))) {
      found.push('content');
    }
    if (!(await sameAttributes(before, after))) found.push('attributes');
    return found;
  }

  /** What cannot be read is the same where nobody has written it since. */
  async #sameSecret(before: TreeFile, after: TreeFile): Promise<boolean> {
    const [a, b] = [before.inode, after.inode];
    if (!a.isEncrypted || !b.isEncrypted || a.sizeBytes !== b.sizeBytes) return false;
    if (a.kind === 'link') return a.modifiedAt.getTime() === b.modifiedAt.getTime();
    return this.#sameBlocks(before, after, await placesOf(after));
  }

  async #sameContent(before: TreeFile, after: TreeFile): Promise<boolean> {
    if (before.inode.sizeBytes !== after.inode.sizeBytes) return false;
    if (before.inode.sizeBytes === 0) return true;
    const places = await placesOf(after);
    if (await this.#sameBlocks(before, after, places)) return true;
    return this.#contents.run(places?.[0]?.start ?? 0, () => this.#sameBytes(before, after));
  }

  async #sameBytes(before: TreeFile, after: TreeFile): Promise<boolean> {
    const [one, other] = [bytesOf(before), bytesOf(after)];
    for (;;) {
      await this.#before.step();
      const [a, b] = await Promise.all([one.next(), other.next()]);
      if (a.done || b.done) return a.done === b.done;
      if (!a.value.equals(b.value)) return false;
    }
  }

  async #sameBlocks(before: TreeFile, after: TreeFile, others?: FilePlace[]): Promise<boolean> {
    const places = others && (await placesOf(before));
    if (!places || places.length !== others.length) return false;
    for (const [index, { offset, start, length }] of places.entries()) {
      const other = others[index] as FilePlace;
      const isThere = offset === other.offset && start === other.start && length === other.length;
      if (!isThere) return false;
      const [one, two] = [before.fileSystem, after.fileSystem];
      if (!(await this.#blocks.areSame(one, two, start, length))) return false;
    }
    return true;
  }
}

/** Two folders of the same path. */
interface Level extends Pair {
  merged: Merged;
}

interface Merging<T> {
  before?: T;
  after?: T;
}

/** What is in two folders, name by name. */
class Merged {
  readonly #before: Entry[];
  readonly #after: Entry[];
  #at = 0;
  #otherAt = 0;

  constructor(before: Entry[], after: Entry[]) {
    this.#before = before;
    this.#after = after;
  }

  next(): Merging<Entry> | undefined {
    const [before, after] = [this.#before[this.#at], this.#after[this.#otherAt]];
    const order = before && after ? Buffer.compare(before.name, after.name) : before ? -1 : 1;
    if (!before && !after) return undefined;
    if (order <= 0) this.#at++;
    if (order >= 0) this.#otherAt++;
    return order === 0 ? { before, after } : order < 0 ? { before } : { after };
  }
}

const slash = Buffer.from('/');

async function placesOf({ fileSystem, inode }: TreeFile): Promise<FilePlace[] | undefined> {
  return fileSystem.places?.(inode);
}

async function sameTarget(before: TreeFile, after: TreeFile): Promise<boolean> {
  const target = await before.fileSystem.target(before.inode);
  return target.equals(await after.fileSystem.target(after.inode));
}

async function sameAttributes(before: TreeFile, after: TreeFile): Promise<boolean> {
  const a = await before.fileSystem.attributes(before.inode);
  const b = await after.fileSystem.attributes(after.inode);
  if (a.size !== b.size) return false;
  return [...a].every(([name, value]) => b.get(name)?.equals(value));
}

function deviceText({ device }: Inode): string {
  return device ? `${device.major}:${device.minor}` : '';
}
