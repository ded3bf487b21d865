/**
 * Tokens of the EBS direct APIs. A block token lets its caller read one block of one snapshot, for
 * a week: it says which by the block's digest, and its HMAC covers snapshot, index and account as
 * well, so that no digest is looked up that was not listed to this caller. A page token lets a list
 * go on, for an hour.
 *
 *   block   version 1, seconds since 1970 at which it expires (4 bytes), digest (32), HMAC (32)
 *   page    version 1, the same, index of the next block (4), HMAC (32)
 *
 * Numbers are unsigned and big-endian, the whole is in base64.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { Digest } from '../blocks/block-store.ts';
import type { Owner } from './viewer.ts';

const version = 1;
const headBytes = 5;
const macBytes = 32;
/** EBS's. */
const blockTokenMs = 7 * 24 * 60 * 60 * 1000;
const pageTokenMs = 60 * 60 * 1000;

export interface TokenScope {
  key: KeyObject;
  viewer: Owner;
  now: Date;
}

export interface BlockName {
  snapshotId: string;
  index: number;
}

/** Makes block tokens, all of which expire together. */
export class BlockTokens {
  readonly expiresAt: Date;
  readonly #scope: TokenScope;

  constructor(scope: TokenScope) {
    this.#scope = scope;
    this.expiresAt = expiryOf(scope.now, blockTokenMs);
  }

  of(block: BlockName, digest: Digest): string {
    const content = Buffer.from(digest, 'hex');
    return seal(content, this.expiresAt, scopeOfBlock(block), this.#scope);
  }
}

/** The digest of the block that it is of. */
export function openBlockToken(token: string, block: BlockName, scope: TokenScope): Digest {
  const content = open(token, scopeOfBlock(block), scope);
  if (content?.length === 32) return content.toString('hex');
  throw new ServiceError(
    'InvalidBlockToken',
    'The block token is not of this block, or has expired: list the blocks again.',
  );
}

/** `list` says which list it is: action and snapshots. */
export function pageTokenOf(index: number, list: readonly string[], scope: TokenScope): string {
  const content = Buffer.alloc(4);
  content.writeUInt32BE(index);
  return seal(content, expiryOf(scope.now, pageTokenMs), list, scope);
}

/** The index with which the list goes on. */
export function openPageToken(token: string, list: readonly string[], scope: TokenScope): number {
  const content = open(token, list, scope);
  if (content?.length === 4) return content.readUInt32BE();
  throw new ServiceError(
    'InvalidNextToken',
    'The token is not of this list, or has expired: begin the list again.',
  );
}

const scopeOfBlock = ({ snapshotId, index }: BlockName) => ['block', snapshotId, String(index)];

/** In whole seconds, as it is told. */
function expiryOf(now: Date, validMs: number): Date {
  return new Date(Math.floor((now.getTime() + validMs) / 1000) * 1000);
}

function seal(
  content: Buffer,
  expiresAt: Date,
  what: readonly string[],
  { key, viewer }: TokenScope,
): string {
  const bytes = Buffer.alloc(headBytes + content.length + macBytes);
  bytes[0] = version;
  bytes.writeUInt32BE(expiresAt.getTime() / 1000, 1);
  content.copy(bytes, headBytes);
  const signed = bytes.subarray(0, headBytes + content.length);
  macOf(key, signed, what, viewer).copy(bytes, signed.length);
  return bytes.toString('base64');
}

function open(
  token: string,
  what: readonly string[],
  { key, viewer, now }: TokenScope,
): Buffer | undefined {
  const bytes = Buffer.from(token, 'base64');
  const end = bytes.length - macBytes;
  if (end < headBytes || bytes[0] !== version) return undefined;
  // One spelling only.
  if (bytes.toString('base64') !== token) return undefined;
  const mac = macOf(key, bytes.subarray(0, end), what, viewer);
  if (!timingSafeEqual(mac, bytes.subarray(end))) return undefined;
  if (bytes.readUInt32BE(1) * 1000 < now.getTime()) return undefined;
  return bytes.subarray(headBytes, end);
}

function macOf(
  key: KeyObject,
  signed: Buffer,
  what: readonly string[],
  { account, region }: Owner,
): Buffer {
  const scope = JSON.stringify([account, region, ...what]);
  return createHmac('sha256', key).update(signed).update(scope).digest();
}
