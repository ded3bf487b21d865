/**
 * The folder of a block store: 256 folders for the blocks, `incoming/` and `condemned/`. Makes
 * them, lists what is in them, and lets the group of the reading process in.
 */
import { chmod, chown } from 'node:fs/promises';
import path from 'node:path';
import { type Files, isAbsent } from '../../files/files.ts';
import { unlinkIfThere } from '../../files/whole-file.ts';
import type { Digest, StoredBlock } from '../block-store.ts';
import { condemnedFolder, stemOf } from './block-places.ts';
import { type FileOwner, newFileMode } from './block-work.ts';

export const folderMode = 0o750;
export const fileMode = newFileMode;

/** Of a list: waiting for each in turn takes longer than they do. */
const statsAtOnce = 32;
/** Of a block's name in its folder, without the ending of a delta. */
const shardForm = /^[0-9a-f]{62}$/;
const shards = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export class BlockFolder {
  readonly path: string;
  readonly #files: Files;
  readonly #readerGid: number | undefined;

  constructor(folder: string, files: Files, readerGid: number | undefined) {
    this.path = folder;
    this.#files = files;
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
    const names = (await this.#files.readdir(folder)).filter((name) =>
      form.test(stemOf(name).stem),
    );
    for (let at = 0; at < names.length; at += statsAtOnce) {
      const some = names.slice(at, at + statsAtOnce);
      const sizes = await Promise.all(some.map((name) => this.#sizeOf(path.join(folder, name))));
      for (const [i, storedBytes] of sizes.entries()) {
        const digest = prefix + stemOf(some[i] ?? '').stem;
        if (storedBytes !== undefined) yield { digest, storedBytes };
      }
    }
  }

  async #sizeOf(file: string): Promise<number | undefined> {
    try {
      return (await this.#files.stat(file)).sizeBytes;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
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
