/**
 * Which inodes of two states of one file system are worth a look, found by their tables and not by
 * their folders: those that changed, and the folders on the ways to them. So a comparison passes by
 * what is the same, without reading the folders of it. Of another kind, of another layout, or where
 * something is damaged, nothing is known, and everything is looked at.
 */
import { UnreadableContents } from '../contents/bounded-reader.ts';
import type { FileSystem, Inode, InodeRange, InodeTables } from '../contents/file-system.ts';
import { inOrder } from '../foundations/in-order.ts';
import type { SameBlocks } from './compare-trees.ts';

/** With more of them it is quicker to go through the folders that there are. */
const inodesMax = 500_000;
/** Of those whose blocks are compared at the same time. */
const inodesAhead = 8;
const foldersAtOnce = 48;

/** Called at each step of what may take long. */
type Step = () => Promise<void>;

/** By their numbers; undefined where everything has to be looked at. */
export async function changedInodes(
  before: FileSystem,
  after: FileSystem,
  blocks: SameBlocks,
  step: Step,
): Promise<Set<number> | undefined> {
  const [one, other] = [before.tables, after.tables];
  if (!one || !other || one.layout !== other.layout) return undefined;
  if (!blocks.areInSamePlace(before, after)) return undefined;
  const search = new Search({ before, after, one, other, blocks, step });
  try {
    return await search.run();
  } catch (error) {
    // Who goes through the folders tells what is wrong, if anybody has to do with it.
    if (!(error instanceof UnreadableContents)) throw error;
    return undefined;
  }
}

interface Sides {
  before: FileSystem;
  after: FileSystem;
  one: InodeTables;
  other: InodeTables;
  blocks: SameBlocks;
  step: Step;
}

/** How many names of a file were not found yet. */
interface Names {
  before: number;
  after: number;
}

type Side = keyof Names;

class Search {
  readonly #sides: Sides;
  readonly #found = new Set<number>();
  /** Those that are the same in both, or have changed. */
  readonly #folders = new Map<number, { was: Inode; is: Inode; place: number }>();
  readonly #changedFolders: { number: number; was?: Inode; is?: Inode }[] = [];
  /** Of what is no folder and changed. */
  readonly #missing = new Map<number, Names>();

  constructor(sides: Sides) {
    this.#sides = sides;
  }

  async run(): Promise<Set<number> | undefined> {
    if (!(await this.#readTables())) return undefined;
    for (const { was, is } of this.#changedFolders) {
      if (was) await this.#searchIn('before', was, ['before']);
      if (is) await this.#searchIn('after', is, ['after']);
    }
    for (const [number, { was: same }] of this.#likely()) {
      if (this.#missing.size === 0) break;
      const isIn = await this.#searchIn('before', same, ['before', 'after']);
      if (isIn) this.#found.add(number);
    }
    await this.#addWays();
    return this.#found;
  }

  async #readTables(): Promise<boolean> {
    const { one, other, step } = this.#sides;
    const others = other.ranges();
    let inodesLeft = inodesMax;
    for await (const range of one.ranges()) {
      const { value: same } = await others.next();
      if (same?.start !== range.start || same.first !== range.first) return false;
      const count = Math.max(range.count, same.count);
      inodesLeft -= count;
      if (inodesLeft < 0) return false;
      const indexes = Array(count).keys();
      const read = inOrder(indexes, inodesAhead, (index) => this.#readInode(range, index));
      for await (const _ of read) await step();
    }
    return true;
  }

  async #readInode({ first, start, inodeBytes }: InodeRange, index: number): Promise<void> {
    const number = first + index;
    const place = start + index * inodeBytes;
    const { before, after, one, other, blocks } = this.#sides;
    const was = await one.used(number);
    const isSame = await blocks.areSame(before, after, place, inodeBytes);
    const is = isSame ? was : await other.used(number);
    const isFolder = was?.kind === 'folder' || is?.kind === 'folder';
    if (was && is && isFolder) {
      const [{ start } = { start: 0 }] = await one.places(was);
      this.#folders.set(number, { was, is, place: start });
    }
    if (was && is && (isSame || one.isAlike(was, is)) && !(await this.#moved(was, is))) return;
    if (isFolder) this.#changedFolders.push({ number, ...(was && { was }), ...(is && { is }) });
    // One that is in use on one side only is an entry of a folder that changed.
    if (!was || !is) return;
    this.#found.add(number);
    if (!isFolder) this.#missing.set(number, { before: was.links, after: is.links });
  }

  /** Of inodes that say the same: whether what they point to does. */
  async #moved(was: Inode, is: Inode): Promise<boolean> {
    const { before, after, one, other, blocks } = this.#sides;
    const places = await one.places(was);
    const others = await other.places(is);
    if (places.length !== others.length) return true;
    for (const [index, { offset, start, length }] of places.entries()) {
      const same = others[index];
      if (same?.offset !== offset || same.start !== start || same.length !== length) return true;
      if (!(await blocks.areSame(before, after, start, length))) return true;
    }
    return false;
  }

  /** Whether a name is in it that is looked for; `sides` have this folder. */
  async #searchIn(side: Side, folder: Inode, sides: readonly Side[]): Promise<boolean> {
    const isOpen = folder.kind === 'folder' && !folder.isEncrypted;
    if (!isOpen || this.#missing.size === 0) return false;
    await this.#sides.step();
    let isIn = false;
    for (const { number } of await this.#sides[side].entries(folder)) {
      const names = this.#missing.get(number);
      if (!names) continue;
      isIn = true;
      for (const each of sides) names[each]--;
      if (names.before <= 0 && names.after <= 0) this.#missing.delete(number);
    }
    return isIn;
  }

  /**
   * Files are mostly beside their folders: those that did not change, the nearest first, but some at
   * a time in the order in which they lie on the disk.
   */
  *#likely() {
    const changed = new Set(this.#changedFolders.map(({ number }) => number));
    const missing = Float64Array.from(this.#missing.keys()).sort();
    const near = [...this.#folders]
      .filter(([number]) => !changed.has(number))
      .map((folder) => ({ folder, distance: leastDistance(missing, folder[0]) }))
      .sort((a, b) => a.distance - b.distance)
      .map(({ folder }) => folder);
    for (let at = 0; at < near.length; at += foldersAtOnce) {
      const some = near.slice(at, at + foldersAtOnce);
      yield* some.sort(([, a], [, b]) => a.place - b.place);
    }
  }

  /** All folders that are above one of those that were found, on either side. */
  async #addWays(): Promise<void> {
    const { one, other, step } = this.#sides;
    const changed = new Set(this.#changedFolders.map(({ number }) => number));
    const left = [...this.#found];
    for (let number = left.pop(); number !== undefined; number = left.pop()) {
      const folder = this.#folders.get(number);
      if (!folder) continue;
      await step();
      const { was, is } = folder;
      const parents = [was.kind === 'folder' && (await one.parent(was))];
      if (changed.has(number)) parents.push(is.kind === 'folder' && (await other.parent(is)));
      for (const parent of parents) {
        if (parent === false || this.#found.has(parent)) continue;
        this.#found.add(parent);
        left.push(parent);
      }
    }
  }
}

/** To one of these, which are sorted. */
function leastDistance(numbers: Float64Array, from: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  const [below = -Infinity, above = Infinity] = [numbers[low - 1], numbers[low]];
  return Math.min(from - below, above - from);
}
