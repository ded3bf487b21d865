/**
 * The files of an image as its system has them: one file system at `/`, others where /etc/fstab puts
 * them. Links are followed over mount points, and never out of the image. Which file system is the
 * root, and where the others are, is found by `mount-points.ts`.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { UnreadableContents } from './bounded-reader.ts';
import type { Entry, FileSystem, Inode } from './file-system.ts';

/** Linux's limits. */
const linksMax = 40;
const pathBytesMax = 4096;
/** Names of folders that are kept, as paths are looked up again and again in the same. */
const keptEntriesMax = 50_000;
const stepsPerTurn = 64;

export interface TreeFile {
  /** From `/`, without links in it: `/` is the root itself. */
  path: Buffer;
  fileSystem: FileSystem;
  inode: Inode;
}

export interface WalkOptions {
  /** How many folders deep; 1 is what is right in it. */
  depth?: number;
  /** Where an earlier walk has come to: the path that it told last. */
  after?: Buffer;
}

export class SystemTree {
  /** Where its system has what is not read here, and why that is. */
  readonly unread: { path: Buffer; why: string }[] = [];
  /** Where it has what is told, or may have something that is not read. */
  readonly doubtful: { path: Buffer; why: string }[] = [];
  readonly #root: FileSystem;
  /** By their paths, as latin1. */
  readonly #mounts = new Map<string, FileSystem>();
  readonly #kept = new Map<FileSystem, Map<number, Map<string, number>>>();
  #keptEntries = 0;
  #endMs = Number.POSITIVE_INFINITY;
  #steps = 0;

  constructor(root: FileSystem) {
    this.#root = root;
  }

  /** After this moment (of `performance.now`) everything throws. */
  endAt(ms: number): void {
    this.#endMs = ms;
  }

  /** Called at each step of what may take long: what is in memory gives nobody else a turn. */
  async step(): Promise<void> {
    if (performance.now() > this.#endMs) throw new UnreadableContents('it takes too long to read');
    if (++this.#steps % stepsPerTurn === 0) await turn();
  }

  /** False where there is no folder at this path. */
  async mount(path: string | Buffer, fileSystem: FileSystem): Promise<boolean> {
    const found = await this.find(path);
    if (found?.inode.kind !== 'folder' || found.path.length === 1) return false;
    this.#mounts.set(found.path.toString('latin1'), fileSystem);
    return true;
  }

  /** What is at the path is in the file system below, and not what its system has there. */
  whyUnread(path: Buffer): string | undefined {
    return this.unread.find((each) => each.path.length > 1 && isIn(path, each.path))?.why;
  }

  /** The same, or of something that is below the path. */
  whyNotWhole(path: Buffer): string | undefined {
    return this.whyUnread(path) ?? this.unread.find((each) => isIn(each.path, path))?.why;
  }

  /** Where something may be mounted, an empty folder is none: what was in it would look lost. */
  async whyEmpty(path: Buffer, found: TreeFile | undefined): Promise<string | undefined> {
    const doubt = this.doubtful.find((each) => isIn(path, each.path));
    if (!doubt || !found) return doubt?.why;
    if (found.inode.kind !== 'folder' || !found.path.equals(doubt.path)) return undefined;
    const names = (await this.entries(found)).map(({ name }) => name.toString('latin1'));
    return names.every((name) => name === 'lost+found') ? doubt.why : undefined;
  }

  /** Of what is at the path or below: where something else may be, and what that is. */
  doubtsOf(path: Buffer): { path: Buffer; why: string }[] {
    return this.doubtful.filter((each) => isIn(each.path, path) || isIn(path, each.path));
  }

  get mounts(): { path: Buffer; fileSystem: FileSystem }[] {
    const others = [...this.#mounts].map(([path, fileSystem]) => ({
      path: Buffer.from(path, 'latin1'),
      fileSystem,
    }));
    return [{ path: Buffer.from('/'), fileSystem: this.#root }, ...others];
  }

  /** What is at a path; a link at its end is followed unless `link` is said. */
  async find(
    path: string | Buffer,
    { link = false }: { link?: boolean } = {},
  ): Promise<TreeFile | undefined> {
    const names = namesOf(Buffer.from(path));
    const root = await this.#rootFile();
    const above: TreeFile[] = [root];
    for (let links = 0; names.length > 0; ) {
      const name = names.shift() as Buffer;
      if (name.equals(upwards)) {
        if (above.length > 1) above.pop();
        continue;
      }
      const found = await this.#child(above.at(-1) as TreeFile, name);
      if (!found) return undefined;
      if (found.inode.kind !== 'link' || (names.length === 0 && link)) {
        above.push(found);
        continue;
      }
      if (++links > linksMax) return undefined;
      const target = await found.fileSystem.target(found.inode);
      if (target[0] === slash) above.length = 1;
      names.unshift(...namesOf(target));
      if (names.length > pathBytesMax) return undefined;
    }
    return above.at(-1);
  }

  /** Of a folder, in order of the names' bytes; undefined where there is none. */
  async names(path: string | Buffer): Promise<string[] | undefined> {
    const folder = await this.find(path);
    if (folder?.inode.kind !== 'folder') return undefined;
    return (await this.entries(folder)).map(({ name }) => name.toString());
  }

  /** What is in a folder, in order of the names' bytes; nothing where there is none. */
  async list(path: string | Buffer): Promise<TreeFile[]> {
    return Array.fromAsync(this.walk(path, { depth: 1 }));
  }

  /** Of a folder that was found, in order of the names' bytes. */
  async entries({ fileSystem, inode }: TreeFile): Promise<Entry[]> {
    const entries = await fileSystem.entries(inode);
    return entries.sort((a, b) => Buffer.compare(a.name, b.name));
  }

  /** What an entry of a folder leads to: itself, or what is mounted there. */
  async entered(folder: TreeFile, { name, number }: Entry): Promise<TreeFile> {
    const path = pathIn(folder, name);
    const mounted = this.#mounted(path);
    const fileSystem = mounted ?? folder.fileSystem;
    await this.step();
    const inode = await fileSystem.inode(mounted ? mounted.rootNumber : number);
    return { path, fileSystem, inode };
  }

  isMountPoint(folder: TreeFile, { name }: Entry): boolean {
    return this.#mounts.size > 0 && this.#mounted(pathIn(folder, name)) !== undefined;
  }

  /** The beginning of a regular file; undefined where there is none. */
  async readFile(path: string | Buffer, maxBytes: number): Promise<Buffer | undefined> {
    const found = await this.find(path);
    if (found?.inode.kind !== 'file') return undefined;
    const { fileSystem, inode } = found;
    return fileSystem.content(inode, 0, Math.min(inode.sizeBytes, maxBytes));
  }

  /**
   * Everything below a folder, folders before what is in them, by the order of their names' bytes.
   * No link is followed, and no encrypted folder entered. A folder that is in two places is damage.
   */
  async *walk(path: string | Buffer, options: WalkOptions = {}): AsyncGenerator<TreeFile> {
    const top = await this.find(path);
    if (top?.inode.kind !== 'folder') return;
    const { depth = Number.POSITIVE_INFINITY, after } = options;
    const seen = new Map<FileSystem, Set<number>>();
    const levels = [await this.#level(top, seen, after && namesAfter(top.path, after))];
    for (let level = levels[0]; level; level = levels.at(-1)) {
      const entry = level.entries[level.at++];
      if (!entry) {
        levels.pop();
        continue;
      }
      const found = await this.entered(level.folder, entry);
      const rest = level.after?.[0]?.equals(entry.name) ? level.after.slice(1) : undefined;
      if (!rest) yield found;
      const { kind, isEncrypted } = found.inode;
      if (kind !== 'folder' || isEncrypted || levels.length >= depth) continue;
      levels.push(await this.#level(found, seen, rest));
    }
  }

  async #level(folder: TreeFile, seen: Map<FileSystem, Set<number>>, after?: Buffer[]) {
    if (folder.path.length > pathBytesMax) throw new UnreadableContents('a path is too long');
    const { fileSystem, inode } = folder;
    const numbers = seen.get(fileSystem) ?? new Set();
    seen.set(fileSystem, numbers);
    if (numbers.has(inode.number)) throw new UnreadableContents('a folder is in two places');
    numbers.add(inode.number);
    const sorted = await this.entries(folder);
    const first = after?.[0];
    const entries = first ? sorted.filter(({ name }) => Buffer.compare(name, first) >= 0) : sorted;
    return { folder, entries, at: 0, after };
  }

  async #child(folder: TreeFile, name: Buffer): Promise<TreeFile | undefined> {
    if (folder.inode.kind !== 'folder') return undefined;
    const number = (await this.#numbers(folder)).get(name.toString('latin1'));
    return number === undefined ? undefined : this.entered(folder, { name, number });
  }

  #mounted(path: Buffer): FileSystem | undefined {
    return this.#mounts.size > 0 ? this.#mounts.get(path.toString('latin1')) : undefined;
  }

  async #numbers({ fileSystem, inode }: TreeFile): Promise<Map<string, number>> {
    const folders = this.#kept.get(fileSystem) ?? new Map<number, Map<string, number>>();
    this.#kept.set(fileSystem, folders);
    const kept = folders.get(inode.number);
    if (kept) return kept;
    const entries = await fileSystem.entries(inode);
    const numbers = new Map(entries.map(({ name, number }) => [name.toString('latin1'), number]));
    this.#keptEntries += numbers.size;
    if (this.#keptEntries > keptEntriesMax) {
      this.#kept.clear();
      this.#keptEntries = numbers.size;
      this.#kept.set(fileSystem, new Map([[inode.number, numbers]]));
    } else folders.set(inode.number, numbers);
    return numbers;
  }

  async #rootFile(): Promise<TreeFile> {
    const fileSystem = this.#root;
    return { path: slashBytes, fileSystem, inode: await fileSystem.inode(fileSystem.rootNumber) };
  }
}

const slash = '/'.charCodeAt(0);
const slashBytes = Buffer.from('/');
const upwards = Buffer.from('..');

function pathIn({ path }: TreeFile, name: Buffer): Buffer {
  return Buffer.concat(path.length === 1 ? [path, name] : [path, slashBytes, name]);
}

/** At the place, or below. */
export function isIn(path: Buffer, place: Buffer): boolean {
  const [names, above] = [namesOf(path), namesOf(place)];
  return above.every((name, index) => names[index]?.equals(name));
}

/** Of a path that is told after all those that end before it: below `top`. */
function namesAfter(top: Buffer, path: Buffer): Buffer[] {
  return namesOf(path).slice(namesOf(top).length);
}

export function namesOf(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let at = 0; at < path.length; ) {
    const next = path.indexOf(slash, at);
    const end = next < 0 ? path.length : next;
    const name = path.subarray(at, end);
    if (name.length > 0 && !name.equals(Buffer.from('.'))) names.push(name);
    at = end + 1;
  }
  return names;
}
