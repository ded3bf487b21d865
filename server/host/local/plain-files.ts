/**
 * Plain bases as files: the bytes of a block map in a sparse raw file, `bases/ROOT.raw`, which
 * nobody changes. It has its name when it is whole, verified and synced, and a time of change that
 * is made of its root: a file that was written to since, or cut, is not taken for one. Beside it
 * `ROOT.keep` says that somebody ordered it.
 *
 * The folder is Imago's alone. A machine gets a name of the file in its own folder, a hard link, so
 * that its user reaches what its disks lie over and nothing else; the kernel has each file in memory
 * once, however many read it. When it was given to a machine last is the file's time of status.
 *
 * All of it is a cache: what is here is in the block store too. Which files there should be is
 * plain-bases.ts's.
 */
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { readBlockMap } from '../../blocks/block-map.ts';
import { type BlockReader, blockSizeBytes, isDigest } from '../../blocks/block-store.ts';
import { isAbsent } from '../../files/files.ts';
import { mibBytes } from '../../foundations/sizes.ts';
import type { PlainBaseFile } from '../host.ts';

/** Read, verified and written at once. */
const blocksAtOnce = 4;
/** What waits in memory to be written stays little: guests write, too. */
const syncedBytes = 32 * mibBytes;

export interface PlainFileStatus extends PlainBaseFile {
  usedAtMs: number;
  /** Nobody wrote to it since it was made. */
  intact: boolean;
  /** Of machines. */
  links: number;
}

export interface Writing {
  reader: BlockReader;
  root: string;
  sizeBytes: number;
  /** Before anything is written; it throws where there is no room. */
  checkRoom(bytes: number): Promise<void>;
  /** After each few blocks, which took so long. */
  rest(elapsedMs: number): Promise<void>;
  onProgress?: (doneBlocks: number, totalBlocks: number) => void;
  signal?: AbortSignal;
}

export class PlainFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Nobody writes: what is half there is of a process that was killed. */
  async removeHalves(): Promise<void> {
    for (const name of await namesIn(this.#folder)) {
      if (name.endsWith('.new')) await rm(path.join(this.#folder, name), { force: true });
    }
  }

  /** Whether it is here and as it was written. */
  async has(root: string, sizeBytes: number): Promise<boolean> {
    const found = await stat(this.#file(root)).catch(ignoreAbsent);
    return found?.isFile() === true && found.size === sizeBytes && found.mtimeMs === timeOf(root);
  }

  async list(): Promise<PlainFileStatus[]> {
    const files: PlainFileStatus[] = [];
    const names = await namesIn(this.#folder);
    for (const root of names.map((name) => rootOf(name)).filter((root) => root !== undefined)) {
      const found = await stat(this.#file(root)).catch(ignoreAbsent);
      if (!found) continue;
      const kept = names.includes(`${root}.keep`);
      const storedBytes = found.blocks * 512;
      const [usedAtMs, links] = [found.ctimeMs, found.nlink - 1];
      const intact = found.mtimeMs === timeOf(root);
      files.push({ root, storedBytes, kept, isThere: true, usedAtMs, links, intact });
    }
    return files.sort((one, other) => one.usedAtMs - other.usedAtMs);
  }

  /** Roots of those that somebody ordered, be they there or not. */
  async orders(): Promise<string[]> {
    const names = await namesIn(this.#folder);
    return names.filter((name) => name.endsWith('.keep')).map((name) => name.slice(0, -5));
  }

  async keep(root: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(path.join(this.#folder, `${root}.keep`), '');
  }

  async release(root: string): Promise<void> {
    await rm(path.join(this.#folder, `${root}.keep`), { force: true });
  }

  async remove(root: string): Promise<void> {
    await rm(this.#file(root), { force: true });
  }

  /** A name of it in a machine's folder, which is its user's: nothing there is followed. */
  async give(root: string, folder: string): Promise<string> {
    const name = path.join(folder, `${root}.raw`);
    const known = await stat(this.#file(root));
    const there = await lstat(name).catch(ignoreAbsent);
    if (there?.ino === known.ino && there.dev === known.dev) return name;
    await unlink(name).catch(ignoreAbsent);
    await link(this.#file(root), name);
    return name;
  }

  /** Of the names in a machine's folder all but those of these roots. */
  async takeBack(folder: string, but: ReadonlySet<string>): Promise<void> {
    for (const name of await namesIn(folder)) {
      const root = rootOf(name);
      if (root !== undefined && !but.has(root)) {
        // Its user may have laid something else there, which is in nobody's way but its own.
        await unlink(path.join(folder, name)).catch(() => {});
      }
    }
  }

  async write(writing: Writing): Promise<void> {
    const { root } = writing;
    const draft = `${this.#file(root)}.new`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await rm(draft, { force: true });
    try {
      await using handle = await open(draft, 'wx', 0o444);
      await fill(handle, writing);
      const time = timeOf(root) / 1000;
      await handle.utimes(time, time);
      await handle.chmod(0o444);
      await handle.sync();
      await rename(draft, this.#file(root));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await using folder = await open(this.#folder);
    await folder.sync();
  }

  #file(root: string): string {
    return path.join(this.#folder, `${root}.raw`);
  }
}

async function fill(handle: FileHandle, writing: Writing): Promise<void> {
  const { reader, root, sizeBytes, checkRoom, rest, onProgress, signal } = writing;
  const map = await readBlockMap(reader, root);
  if (map.sizeBytes !== sizeBytes) throw new Error(`${root} is no map of ${sizeBytes} bytes`);
  await checkRoom(map.fullSizeBytes);
  await handle.truncate(sizeBytes);
  const total = map.fullSizeBytes / blockSizeBytes;
  let done = 0;
  let dirtyBytes = 0;
  let turn: { index: number; digest: string }[] = [];
  const copy = async ({ index, digest }: (typeof turn)[number]) => {
    const block = await reader.get(digest);
    if (block.length !== blockSizeBytes) throw new Error(`${digest} is no block of a volume`);
    const offset = index * blockSizeBytes;
    const bytes = block.subarray(0, sizeBytes - offset);
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, offset);
    if (bytesWritten !== bytes.length) throw new Error('the file system took a part of a block');
  };
  const copyTurn = async () => {
    signal?.throwIfAborted();
    const startMs = performance.now();
    await Promise.all(turn.map(copy));
    done += turn.length;
    dirtyBytes += turn.length * blockSizeBytes;
    turn = [];
    if (dirtyBytes >= syncedBytes) {
      await handle.datasync();
      dirtyBytes = 0;
    }
    onProgress?.(done, total);
    await rest(performance.now() - startMs);
  };
  for await (const entry of map.entries()) {
    turn.push(entry);
    if (turn.length === blocksAtOnce) await copyTurn();
  }
  await copyTurn();
}

/** Whole seconds, which every file system keeps. */
function timeOf(root: string): number {
  return (1_000_000_000 + Number.parseInt(root.slice(0, 7), 16)) * 1000;
}

function rootOf(name: string): string | undefined {
  const root = name.endsWith('.raw') ? name.slice(0, -'.raw'.length) : '';
  return isDigest(root) ? root : undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ignoreAbsent)) ?? [];
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
  return undefined;
}
