/**
 * What differs between the files of two images: both trees are gone through side by side, name by
 * name. Of a file's bytes nothing is read where both lie in the same places of their disks, and the
 * blocks there are the same (`SameBlocks`); its time alone is no difference.
 */
import type { FilePlace, FileSystem, Inode } from '../contents/file-system.ts';
import type { SystemTree, TreeFile } from '../contents/system-tree.ts';
import { bytesOf } from './file-contents.ts';

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

/** Whether this range of a file system of one is known to be the same in the other. */
export type SameBlocks = (
  before: FileSystem,
  after: FileSystem,
  start: number,
  length: number,
) => boolean;

interface Pair {
  before: TreeFile;
  after: TreeFile;
}

/** In order of their paths, folders before what is in them. */
export async function* compareTrees(
  before: SystemTree,
  after: SystemTree,
  isSame: SameBlocks,
): AsyncGenerator<FileChange> {
  const comparison = new Comparison(before, after, isSame);
  const [one, other] = [await before.find('/'), await after.find('/')];
  if (one && other) yield* comparison.compare({ before: one, after: other });
}

class Comparison {
  readonly #before: SystemTree;
  readonly #after: SystemTree;
  readonly #isSame: SameBlocks;
  readonly #seen = new Map<FileSystem, Set<number>>();

  constructor(before: SystemTree, after: SystemTree, isSame: SameBlocks) {
    this.#before = before;
    this.#after = after;
    this.#isSame = isSame;
  }

  /** Of two that have the same path. */
  async *compare(top: Pair): AsyncGenerator<FileChange> {
    const differences = await this.#differences(top);
    if (differences.length > 0) yield { path: top.before.path, ...top, differences };
    const levels = [await this.#level(top)];
    for (let level = levels[0]; level; level = levels.at(-1)) {
      const next = level.next();
      if (!next) {
        levels.pop();
        continue;
      }
      const { before, after } = next;
      if (!before || !after) {
        yield* this.#alone(next);
        continue;
      }
      const pair = { before, after };
      const found = await this.#differences(pair);
      if (found.length > 0) yield { path: before.path, ...pair, differences: found };
      if (before.inode.kind === 'folder' && after.inode.kind === 'folder') {
        levels.push(await this.#level(pair));
      } else if (found.includes('kind')) yield* this.#below(pair);
    }
  }

  async #level({ before, after }: Pair): Promise<Merged> {
    for (const { fileSystem, inode } of [before, after]) {
      const numbers = this.#seen.get(fileSystem) ?? new Set();
      this.#seen.set(fileSystem, numbers);
      // Damage, which a walk refuses: here it has no more in it.
      if (numbers.has(inode.number)) return new Merged([], []);
      numbers.add(inode.number);
    }
    return new Merged(await this.#before.children(before), await this.#after.children(after));
  }

  /** One that the other has not, with all that is in it. */
  async *#alone({ before, after }: Partial<Pair>): AsyncGenerator<FileChange> {
    const [tree, file] = before ? [this.#before, before] : [this.#after, after as TreeFile];
    const side = before ? 'before' : 'after';
    yield { path: file.path, [side]: file, differences: [] };
    if (file.inode.kind !== 'folder') return;
    for await (const each of tree.walk(file.path)) {
      yield { path: each.path, [side]: each, differences: [] };
    }
  }

  /** What was in a folder that is none any more, or is in one that was none. */
  async *#below({ before, after }: Pair): AsyncGenerator<FileChange> {
    const [was, is] = [before.inode.kind, after.inode.kind];
    // A link is not followed.
    for await (const each of was === 'folder' ? this.#before.walk(before.path) : []) {
      yield { path: each.path, before: each, differences: [] };
    }
    for await (const each of is === 'folder' ? this.#after.walk(after.path) : []) {
      yield { path: each.path, after: each, differences: [] };
    }
  }

  async #differences({ before, after }: Pair): Promise<Difference[]> {
    const [a, b] = [before.inode, after.inode];
    if (a.kind !== b.kind) return ['kind'];
    const found: Difference[] = [];
    if (a.mode !== b.mode) found.push('mode');
    if (a.uid !== b.uid) found.push('owner');
    if (a.gid !== b.gid) found.push('group');
    if (deviceText(a) !== deviceText(b)) found.push('device');
    if (a.kind === 'link' && !(await sameTarget(before, after))) found.push('target');
    if (a.kind === 'file' && !(await this.#sameContent(before, after))) found.push('content');
    if (!(await sameAttributes(before, after))) found.push('attributes');
    return found;
  }

  async #sameContent(before: TreeFile, after: TreeFile): Promise<boolean> {
    if (before.inode.sizeBytes !== after.inode.sizeBytes) return false;
    if (before.inode.sizeBytes === 0 || (await this.#sameBlocks(before, after))) return true;
    const [one, other] = [bytesOf(before), bytesOf(after)];
    for (;;) {
      await this.#before.step();
      const [a, b] = [await one.next(), await other.next()];
      if (a.done || b.done) return a.done === b.done;
      if (!a.value.equals(b.value)) return false;
    }
  }

  async #sameBlocks(before: TreeFile, after: TreeFile): Promise<boolean> {
    const places = await placesOf(before);
    const others = places && (await placesOf(after));
    if (!places || places.length !== others?.length) return false;
    return places.every((place, index) => {
      const other = others[index] as FilePlace;
      return (
        place.offset === other.offset &&
        place.start === other.start &&
        place.length === other.length &&
        this.#isSame(before.fileSystem, after.fileSystem, place.start, place.length)
      );
    });
  }
}

/** What is in two folders, name by name. */
class Merged {
  readonly #before: TreeFile[];
  readonly #after: TreeFile[];
  #at = 0;
  #otherAt = 0;

  constructor(before: TreeFile[], after: TreeFile[]) {
    this.#before = before;
    this.#after = after;
  }

  next(): Partial<Pair> | undefined {
    const [before, after] = [this.#before[this.#at], this.#after[this.#otherAt]];
    const order = before && after ? Buffer.compare(before.path, after.path) : before ? -1 : 1;
    if (!before && !after) return undefined;
    if (order <= 0) this.#at++;
    if (order >= 0) this.#otherAt++;
    return order === 0 ? { before, after } : order < 0 ? { before } : { after };
  }
}

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
