/**
 * Condemned blocks, in `condemned/N/` for round N, each under its whole digest, and `round.json`
 * with the collector's note. A move to there or back is a rename, of one block one at a time, so
 * that at any moment the block is in one of its places.
 */
import path from 'node:path';
import { type Files, isAbsent } from '../../files/files.ts';
import { readFileWithin, replaceFile, unlinkIfThere } from '../../files/whole-file.ts';
import type { Digest, StoredBlock } from '../block-store.ts';
import type { Round } from '../collection.ts';
import type { TouchedBlocks } from '../touched-blocks.ts';
import { type BlockFolder, fileMode, folderMode } from './block-folder.ts';
import { blockFile, deltaOf, stemOf } from './block-places.ts';
import type { FolderSyncs } from './folder-syncs.ts';

const noteFile = 'round.json';
const noteMaxBytes = 2 ** 24;

export class CondemnedBlocks {
  readonly #files: Files;
  readonly #folder: BlockFolder;
  readonly #syncs: FolderSyncs;
  readonly #touched: TouchedBlocks;
  /** Rounds that have a folder, oldest first. */
  #rounds: number[] = [];
  /** Of rounds that were begun here: to which folders blocks of theirs went back. */
  readonly #pardonedTo = new Map<number, Set<string>>();
  readonly #moves = new Map<Digest, Promise<unknown>>();
  #condemnations = 0;
  /** Round -> `moves` after its last block was condemned. */
  readonly #lastMoves = new Map<number, number>();

  constructor(files: Files, folder: BlockFolder, syncs: FolderSyncs, touched: TouchedBlocks) {
    this.#files = files;
    this.#folder = folder;
    this.#syncs = syncs;
    this.#touched = touched;
  }

  async load(): Promise<void> {
    const names = await this.#files.readdir(this.#folder.condemned);
    this.#rounds = names
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** How many blocks were condemned so far. */
  get moves(): number {
    return this.#condemnations;
  }

  /** Whether what was found in its place then may not be there any more. */
  mayHaveMoved(digest: Digest, sinceMove: number): boolean {
    return this.#condemnations !== sinceMove || this.#moves.has(digest);
  }

  /** Brings a block back to its place; answers whether it was condemned. */
  pardon(digest: Digest): Promise<boolean> {
    if (this.#rounds.length === 0 && !this.#moves.has(digest)) return Promise.resolve(false);
    return this.#move(digest, async () => {
      const place = blockFile(this.#folder.path, digest);
      for (const round of this.#rounds) {
        if (!(await this.#renameEither(this.#file(round, digest), place))) continue;
        this.#touched.touch(digest);
        const shard = path.dirname(place);
        this.#pardonedTo.get(round)?.add(shard);
        this.#syncs.changed(shard);
        return true;
      }
      return false;
    });
  }

  async rounds(): Promise<Round[]> {
    return Promise.all(this.#rounds.map(async (id) => ({ id, note: await this.#note(id) })));
  }

  list(round: number): AsyncIterable<StoredBlock> {
    return this.#folder.listFolder(this.#roundFolder(round), /^[0-9a-f]{64}$/);
  }

  /** Files of deltas in all rounds. */
  async *deltas(): AsyncIterable<{ digest: Digest; file: string }> {
    for (const round of this.#rounds) {
      yield* this.#folder.deltasIn(this.#roundFolder(round), /^[0-9a-f]{64}$/);
    }
  }

  async beginRound(note: unknown): Promise<Round> {
    const id = (this.#rounds.at(-1) ?? 0) + 1;
    const folder = this.#roundFolder(id);
    await this.#files.mkdir(folder, folderMode);
    await this.#folder.shareFolder(folder);
    this.#rounds.push(id);
    this.#pardonedTo.set(id, new Set());
    const bytes = Buffer.from(JSON.stringify(note));
    await replaceFile(this.#files, path.join(folder, noteFile), bytes, { mode: fileMode });
    await this.#files.syncFolder(this.#folder.condemned);
    return { id, note };
  }

  condemn(round: number, digest: Digest): Promise<boolean> {
    return this.#move(digest, async () => {
      if (this.#touched.isTouched(digest)) return false;
      const place = blockFile(this.#folder.path, digest);
      const isMoved = await this.#renameEither(place, this.#file(round, digest));
      this.#lastMoves.set(round, ++this.#condemnations);
      return isMoved;
    });
  }

  async destroy(round: number, digest: Digest): Promise<boolean> {
    const destroyed = await this.#move(digest, async () => {
      // Perhaps it is one that was found in its place before it was condemned.
      await this.#touched.identified(this.#lastMoves.get(round) ?? 0);
      if (this.#touched.isTouched(digest)) return undefined;
      const file = this.#file(round, digest);
      const whole = await this.#unlink(file);
      return (await this.#unlink(deltaOf(file))) || whole;
    });
    if (destroyed === undefined) await this.pardon(digest);
    return destroyed === true;
  }

  async endRound(round: number): Promise<void> {
    const folder = this.#roundFolder(round);
    const left = await this.#files.readdir(folder);
    if (left.some((name) => /^[0-9a-f]{64}$/.test(stemOf(name).stem))) return;
    // Those that went back to their place have no other name that a power cut is sure to leave. What
    // an earlier process moved back of its rounds nobody knows.
    const shards = this.#pardonedTo.get(round) ?? this.#folder.shards();
    for (const shard of shards) await this.#syncs.sync(shard);
    for (const name of left) await unlinkIfThere(this.#files, path.join(folder, name));
    await this.#files.rmdir(folder);
    this.#rounds = this.#rounds.filter((id) => id !== round);
    this.#lastMoves.delete(round);
    this.#pardonedTo.delete(round);
  }

  /** Undefined where it was not written, or is damaged. */
  async #note(round: number): Promise<unknown> {
    const file = path.join(this.#roundFolder(round), noteFile);
    const bytes = await readFileWithin(this.#files, file, noteMaxBytes);
    try {
      return bytes && JSON.parse(bytes.toString());
    } catch {
      return undefined;
    }
  }

  #roundFolder(round: number): string {
    return path.join(this.#folder.condemned, String(round));
  }

  #file(round: number, digest: Digest): string {
    return path.join(this.#roundFolder(round), digest);
  }

  /** The block, the delta of it, or both. */
  async #renameEither(from: string, to: string): Promise<boolean> {
    const whole = await this.#rename(from, to);
    return (await this.#rename(deltaOf(from), deltaOf(to))) || whole;
  }

  async #rename(from: string, to: string): Promise<boolean> {
    try {
      await this.#files.rename(from, to);
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
    // A rename to another name of the same file does nothing.
    await unlinkIfThere(this.#files, from);
    return true;
  }

  async #unlink(file: string): Promise<boolean> {
    try {
      await this.#files.unlink(file);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** Moves of one block, one after the other. */
  #move<T>(digest: Digest, work: () => Promise<T>): Promise<T> {
    const earlier = this.#moves.get(digest);
    const move = earlier ? earlier.then(work, work) : work();
    this.#moves.set(digest, move);
    const forget = () => {
      if (this.#moves.get(digest) === move) this.#moves.delete(digest);
    };
    move.then(forget, forget);
    return move;
  }
}
