/**
 * A file system by its paths, whatever its kind: what is at a path, and everything below one. Links
 * are followed within it and no further; paths are bytes, or text in UTF-8.
 */
import { UnreadableContents } from './bounded-reader.ts';
import type { Entry, FileSystem, Inode } from './file-system.ts';

/** Linux's limits. */
const linksMax = 40;
const pathBytesMax = 4096;

export interface FoundFile {
  path: Buffer;
  inode: Inode;
}

export class FileTree {
  readonly fileSystem: FileSystem;

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem;
  }

  /** What is at a path; a link at its end is followed. Undefined where there is nothing. */
  async find(path: string | Buffer): Promise<Inode | undefined> {
    return this.#find(Buffer.from(path), { lastToo: true });
  }

  /** The same, of a link at its end the link itself. */
  async findLink(path: string | Buffer): Promise<Inode | undefined> {
    return this.#find(Buffer.from(path), { lastToo: false });
  }

  /** Of a folder at a path; undefined where there is none. */
  async list(path: string | Buffer): Promise<Entry[] | undefined> {
    const inode = await this.find(path);
    return inode?.kind === 'folder' ? this.fileSystem.entries(inode) : undefined;
  }

  /** The beginning of a regular file; undefined where there is none. */
  async readFile(path: string | Buffer, maxBytes: number): Promise<Buffer | undefined> {
    const inode = await this.find(path);
    if (inode?.kind !== 'file') return undefined;
    return this.fileSystem.content(inode, 0, Math.min(inode.sizeBytes, maxBytes));
  }

  /**
   * Everything below a folder, folders before what is in them, by the order of their names' bytes.
   * No link is followed, no encrypted folder entered, and a folder that is in itself is damage.
   */
  async *walk(path: string | Buffer = '/'): AsyncGenerator<FoundFile> {
    const top = await this.find(path);
    if (top?.kind !== 'folder') return;
    yield* this.#below({ path: trimmed(Buffer.from(path)), inode: top }, new Set([top.number]));
  }

  async *#below(folder: FoundFile, above: Set<number>): AsyncGenerator<FoundFile> {
    if (folder.path.length > pathBytesMax) throw new UnreadableContents('a path is too long');
    const entries = await this.fileSystem.entries(folder.inode);
    entries.sort((a, b) => Buffer.compare(a.name, b.name));
    for (const { name, number } of entries) {
      const inode = await this.fileSystem.inode(number);
      const found = { path: Buffer.concat([folder.path, slashBytes, name]), inode };
      yield found;
      if (inode.kind !== 'folder' || inode.isEncrypted) continue;
      if (above.has(number)) throw new UnreadableContents('a folder is in itself');
      above.add(number);
      yield* this.#below(found, above);
      above.delete(number);
    }
  }

  async #find(path: Buffer, { lastToo }: { lastToo: boolean }): Promise<Inode | undefined> {
    const { fileSystem } = this;
    const names = namesOf(path);
    const above: Inode[] = [await fileSystem.inode(fileSystem.rootNumber)];
    for (let links = 0; names.length > 0; ) {
      const name = names.shift() as Buffer;
      const folder = above.at(-1) as Inode;
      if (name.equals(upwards)) {
        if (above.length > 1) above.pop();
        continue;
      }
      if (folder.kind !== 'folder') return undefined;
      const entry = fileSystem.lookUp
        ? await fileSystem.lookUp(folder, name)
        : (await fileSystem.entries(folder)).find((each) => each.name.equals(name));
      if (!entry) return undefined;
      const inode = await fileSystem.inode(entry.number);
      if (inode.kind !== 'link' || (names.length === 0 && !lastToo)) {
        above.push(inode);
        continue;
      }
      if (++links > linksMax) return undefined;
      const target = await fileSystem.target(inode);
      if (target[0] === slash) above.length = 1;
      names.unshift(...namesOf(target));
      if (names.length > pathBytesMax) return undefined;
    }
    return above.at(-1);
  }
}

const slash = '/'.charCodeAt(0);
const slashBytes = Buffer.from('/');
const upwards = Buffer.from('..');

function namesOf(path: Buffer): Buffer[] {
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

/** Without slashes at its end; of the root, nothing. */
function trimmed(path: Buffer): Buffer {
  let end = path.length;
  while (end > 0 && path[end - 1] === slash) end--;
  return path.subarray(0, end);
}
