/**
 * The folder of a block store: 256 folders for the blocks, `incoming/` and `condemned/`. Makes
 * them, lists what is in them, and lets the group of the reading process in.
 */
import { chmod, chown } from 'node:fs/promises';
import path from 'node:path';
import type { Files } from '../../files/files.ts';
import { unlinkIfThere } from '../../files/whole-file.ts';
import type { Digest, StoredBlock } from '../block-store.ts';
import { condemnedFolder, stemOf } from './block-places.ts';
import { type BlockWork, type FileOwner, newFileMode } from './block-work.ts';

export const folderMode = 0o750;
export const fileMode = newFileMode;

/** Of a block's name in its folder, without the ending of a delta. */
const shardForm = /^[0-9a-f]{62}$/;
const shards = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export interface BlockFolderOptions {
  files: Files;
  /** Lists what is in it. */
  work: BlockWork;
  readerGid: number | undefined;
}

export class BlockFolder {
  readonly path: string;
  readonly #files: Files;
  readonly #work: BlockWork;
  readonly #readerGid: number | undefined;

  constructor(folder: string, { files, work, readerGid }: BlockFolderOptions) {
    this.path = folder;
    this.#files = files;
    this.#work = work;
    this.#readerGid = readerGid;
  }

  get incoming(): string {
    return path.join(this.path, 'incoming');
  }

  get condemned(): string {
    return condemnedFolder(this.path);
  }

  shards(): string[] {
    return shards.map((name) => this.shard(name));
  }

  shard(name: string): string {
    return path.join(this.path, name);
  }

  async prepare(): Promise<void> {
    await this.#files.mkdir(this.path, folderMode);
    const present = new Set(await this.#files.readdir(this.path));
    const names = [...shards, 'incoming', 'condemned'];
    for (const name of names.filter((name) => !present.has(name))) {
      await this.#files.mkdir(path.join(this.path, name), folderMode);
    }
    for (const name of await this.#files.readdir(this.incoming)) {
      await unlinkIfThere(this.#files, path.join(this.incoming, name));
    }
    if (this.#readerGid !== undefined) await this.#shareAll(this.#readerGid);
    await this.#files.syncFolder(this.path);
    await this.#files.syncFolder(path.dirname(this.path));
  }

  async *list(firstByte?: number): AsyncIterable<StoredBlock> {
    const wanted = firstByte === undefined ? shards : shards.slice(firstByte, firstByte + 1);
    for (const shard of wanted) {
      yield* this.listFolder(this.shard(shard), shardForm, shard);
    }
  }

  /** Files with names of this form; those that go meanwhile are left out. */
  async *listFolder(folder: string, form: RegExp, prefix = ''): AsyncIterable<StoredBlock> {
    for (const { name, sizeBytes: storedBytes } of await this.#work.list(folder)) {
      const { stem } = stemOf(name);
      if (form.test(stem)) yield { digest: prefix + stem, storedBytes };
    }
  }

  /** Those in their place. */
  async *deltas(): AsyncIterable<{ digest: Digest; file: string }> {
    for (const shard of shards) yield* this.deltasIn(this.shard(shard), shardForm, shard);
  }

  async *deltasIn(folder: string, form: RegExp, prefix = '') {
    for (const name of await this.#files.readdir(folder)) {
      const { stem, isDelta } = stemOf(name);
      if (isDelta && form.test(stem)) {
        yield { digest: prefix + stem, file: path.join(folder, name) };
      }
    }
  }

  /** Whose new files are, so that the reader's group is let in, whatever the umask is. */
  get owner(): FileOwner | undefined {
    if (this.#readerGid === undefined) return undefined;
    return { uid: process.getuid?.() ?? 0, gid: this.#readerGid, mode: fileMode };
  }

  async shareFolder(folder: string): Promise<void> {
    if (this.#readerGid !== undefined) await share(folder, folderMode, this.#readerGid);
  }

  /** The folder itself last: that it is the reader's says that all in it is. */
  async #shareAll(readerGid: number): Promise<void> {
    if ((await this.#files.stat(this.path)).gid !== readerGid) {
      // Made by an ordinary user, or copied without owners.
      for (const shard of this.shards()) {
        for (const name of await this.#files.readdir(shard)) {
          await share(path.join(shard, name), fileMode, readerGid);
        }
      }
    }
    for (const folder of [...this.shards(), this.condemned, this.path]) {
      await share(folder, folderMode, readerGid);
    }
  }
}

async function share(file: string, mode: number, gid: number): Promise<void> {
  await chown(file, process.getuid?.() ?? 0, gid);
  await chmod(file, mode);
}
