/**
 * PORT: the block store, content-addressed bytes. Implementations: fs/ (default), memory/. Suite: block-store-suite.ts.
 *
 * Contract:
 * - A block is at most `blockSizeBytes` of plain bytes, named by the lower-case hex SHA-256 of them (its digest).
 * - `put` is idempotent; its block can be read back at once and is durable after the next `flush`. The digest is computed
 *   from the bytes, never believed. A block found in the store is compared first: putting it again heals a corrupt one.
 * - A store without room throws BlockStoreFullError and keeps nothing of the block.
 * - `get` verifies the digest and throws BlockCorruptError or BlockMissingError: wrong bytes are never returned.
 * - Blocks are immutable. The zero block is implicit: callers never store it.
 * It deliberately knows nothing of snapshots, maps, volumes or accounts.
 */
import { hash } from 'node:crypto';

export const blockSizeBytes = 512 * 1024;

/** Lower-case hex SHA-256, 64 characters. */
export type Digest = string;

export interface PutResult {
  digest: Digest;
  /** Bytes newly written to the store (after compression); 0 when the block was there already. */
  storedBytes: number;
}

export interface BlockReader {
  get(digest: Digest): Promise<Buffer>;
  has(digest: Digest): Promise<boolean>;
}

export interface BlockStore extends BlockReader {
  /** Not durable until the next `flush()` resolves: one sync for many blocks. */
  put(plain: Buffer): Promise<PutResult>;
  /** All blocks put before are durable when this resolves. */
  flush(): Promise<void>;
  /** Every stored digest, in no particular order, for fsck and garbage collection. */
  list(): AsyncIterable<Digest>;
  /** Removes a block; garbage collection and fsck only. */
  delete(digest: Digest): Promise<void>;
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
  constructor(digest: Digest, detail: string) {
    super(`block ${digest} is corrupt: ${detail}`);
    this.digest = digest;
  }
}

export class BlockStoreFullError extends Error {
  override name = 'BlockStoreFullError';
  constructor(where: string, options?: ErrorOptions) {
    super(`no room left for blocks in ${where}`, options);
  }
}

/** The implicit block: never stored, named by no digest. */
export const zeroBlock: Buffer = Buffer.alloc(blockSizeBytes);

export function digestOf(plain: Buffer): Digest {
  return hash('sha256', plain, 'hex');
}

/** True for 64 lower-case hex digits: anything else must never become part of a path. */
export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text);
}
