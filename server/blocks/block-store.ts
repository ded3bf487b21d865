/**
 * PORT: the block store, content-addressed bytes. Implementations: fs/ (default), memory/.
 * Suites: block-store-suite.ts, collection-suite.ts.
 *
 * Contract:
 * - A block is at most `blockSizeBytes` of plain bytes, or a sealed block (sealed-block.ts), which to
 *   the store is bytes like others and may be a little longer; named by the lower-case hex SHA-256
 *   of them (its digest). Blocks are immutable. The zero block is implicit: callers never store it.
 * - Blocks are put by a writer. Its `commit` answers for every block that this writer put, those
 *   that were there already or that another writer is putting included: when it resolves, they are
 *   durable. When it fails, it fails this writer, and every other that relies on the same block.
 * - The digest is computed from the bytes, never believed. A block that is found in the store is
 *   not read again: that is the scrubber's part. One that a read, or the scrubber, found damaged is
 *   healed by putting it again: until then a writer does not have it.
 * - A store without room throws BlockStoreFullError and keeps nothing of the block.
 * - `get` verifies the digest and throws BlockCorruptError or BlockMissingError: wrong bytes are
 *   never returned.
 * - What an open writer put is never collected (collection.ts).
 * It knows nothing of snapshots, maps, volumes or accounts.
 */
import { hash } from 'node:crypto';
import type { BlockCollection } from './collection.ts';

export const blockSizeBytes = 512 * 1024;
/** With what a seal adds (sealed-block.ts). */
export const blockMaxBytes = blockSizeBytes + 53;
/** What a sealed block begins with, so that nobody tries to compress it. */
export const sealMagic: Buffer = Buffer.from('IMAGSEA1', 'latin1');

/** Lower-case hex SHA-256, 64 characters. */
export type Digest = string;

export interface PutResult {
  digest: Digest;
  /** Bytes newly written to the store (after compression); 0 when the block was there already. */
  storedBytes: number;
}

export interface PutOptions {
  /** The bytes are the store's from now on: nobody else may look at them, or change them. */
  given?: boolean;
  /** A block that is nearly the same, perhaps: this one may be stored as what differs from it. */
  replaces?: Digest;
}

/** Bytes of a file that is open, for whoever reads them in a thread. */
export interface FilePlace {
  descriptor: number;
  offset: number;
  /** At most a block. What the block has behind it is zeros. */
  length: number;
  /** The file may end before: zeros from there on. Otherwise that is an error. */
  mayEnd?: boolean;
}

export interface BlockReader {
  /**
   * The bytes are the caller's own; or in `room`, of a whole block in memory that threads share, where
   * that is given and who reads can put it there.
   */
  get(digest: Digest, room?: Buffer): Promise<Buffer>;
  /**
   * There is something by that name. A writer answers whether it need not be put: what is condemned
   * has to be.
   */
  has(digest: Digest): Promise<boolean>;
}

/** One piece of work that puts blocks; it reads, too, what it has put. Disposing it is `abort`. */
export interface BlockWriter extends BlockReader, AsyncDisposable {
  put(plain: Buffer, options?: PutOptions): Promise<PutResult>;
  /**
   * As put of a whole block that is read where it is hashed; undefined where that is the zero
   * block. The file stays open until it resolves. Absent where nothing is done in threads.
   */
  putFrom?: (place: FilePlace, options?: PutOptions) => Promise<PutResult | undefined>;
  /**
   * A buffer as long as a block, with anything in it, to be filled and given to `put`: one that was
   * used before, where there is one, since new memory costs more than reading into it.
   */
  room(): Buffer;
  /**
   * All that was put so far is durable when it resolves; more may be put, and committed,
   * afterwards. After a failure nothing more can be committed: the work has to be done again by a
   * new writer.
   */
  commit(): Promise<void>;
  /** Ends the writer: what it did not commit is given up, what it put may be collected again. */
  abort(): Promise<void>;
}

export interface StoredBlock {
  digest: Digest;
  /** Bytes that it takes in the store. */
  storedBytes: number;
}

export interface BlockStore extends BlockReader {
  begin(): BlockWriter;
  /** Bytes that `get` gave, and that nobody looks at any more: memory for others. */
  reuse?(block: Buffer): void;
  /**
   * Every block that is durable and not condemned, in no particular order; or of those whose digest
   * begins with this byte.
   */
  list(firstByte?: number): AsyncIterable<StoredBlock>;
  /**
   * Blocks that are stored as what differs from another, condemned ones included: who needs the
   * block needs its base.
   */
  bases(): AsyncIterable<{ digest: Digest; base: Digest }>;
  /** A small record that is kept with the blocks; undefined where there is none. */
  readNote(name: string): Promise<Buffer | undefined>;
  /** Durable, in place of the one before. */
  writeNote(name: string, bytes: Buffer): Promise<void>;
  /** Nothing is removed before, whatever is asked; undefined: things may be. */
  lockedUntil(): Promise<string | undefined>;
  /** Garbage collection has the store for itself until it is disposed: see there. */
  collect(): Promise<BlockCollection>;
  /** Ends what the store runs, such as threads. Nothing may be put or read afterwards. */
  close(): Promise<void>;
}

export class BlockMissingError extends Error {
  override name = 'BlockMissingError';
  readonly digest: Digest;
  constructor(digest: Digest) {
    super(`block ${digest} is missing from the store`);
    this.digest = digest;
  }
}

export class BlockCorruptError extends Error {
  override name = 'BlockCorruptError';
  readonly digest: Digest;
  readonly detail: string;
  constructor(digest: Digest, detail: string) {
    super(`block ${digest} is corrupt: ${detail}`);
    this.digest = digest;
    this.detail = detail;
  }
}

/** Bytes are others than their digest, as somebody has it, says. */
export class WrongDigestError extends Error {
  override name = 'WrongDigestError';
}

export class BlockStoreFullError extends Error {
  override name = 'BlockStoreFullError';
  constructor(where: string, options?: ErrorOptions) {
    super(`no room left for blocks in ${where}`, options);
  }
}

export class WriterFailedError extends Error {
  override name = 'WriterFailedError';
  constructor(options?: ErrorOptions) {
    super('this writer of blocks has failed or ended; begin another', options);
  }
}

/** The implicit block: never stored, named by no digest. */
export const zeroBlock: Buffer = Buffer.alloc(blockSizeBytes);

export function checkBlockSize(plain: Buffer): void {
  const most = isSealed(plain) ? blockMaxBytes : blockSizeBytes;
  if (plain.length === 0 || plain.length > most) {
    throw new RangeError(`a block cannot have ${plain.length} bytes`);
  }
}

/** As it seems: what a guest wrote may begin so, too, and is stored as it is. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length >= sealMagic.length && sealMagic.compare(bytes, 0, sealMagic.length) === 0;
}

export function digestOf(plain: Buffer): Digest {
  return hash('sha256', plain, 'hex');
}

/** True for 64 lower-case hex digits: anything else must never become part of a path. */
export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text);
}
