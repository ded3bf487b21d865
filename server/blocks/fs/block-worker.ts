/**
 * A thread of block-threads.ts: does one job after the other, each at once, as block-work.ts says.
 * Buffers of plain bytes come and go by transfer, so they are never copied between threads. Files
 * are read and written here, synchronously; it syncs and renames none.
 */
import {
  closeSync,
  constants as fileConstants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { constants, setPriority } from 'node:os';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { discard } from '../../foundations/room.ts';
import {
  BlockCorruptError,
  blockSizeBytes,
  type Digest,
  digestOf,
  type FilePlace,
  zeroBlock,
} from '../block-store.ts';
import { FrameCompressor } from '../frame-compressor.ts';
import type { Bytes } from '../job-threads.ts';
import {
  type Base,
  baseOf,
  decodeBlock,
  decodeBlockInto,
  type EncodeSpace,
  encodeBlock,
  encodeRoomBytes,
  fileMaxBytes,
  headBytes,
  inflateBlock,
} from './block-file.ts';
import { type BlockPlaces, condemnedFolder, otherPlaces, properPlaces } from './block-places.ts';
import {
  basesMax,
  type FileInFolder,
  isBlockFile,
  type NewFile,
  type PlaceOrder,
  type ReadOrder,
  tooLong,
  type WrittenBlock,
} from './block-work.ts';
import { FrameInflater } from './frame-inflater.ts';
import { alignedRoom, writeNewFile } from './unbuffered-file.ts';

export type Job =
  | ({ kind: 'write'; plain: Bytes } & NewFile)
  | ({ kind: 'write-from' } & PlaceOrder)
  | ({ kind: 'read'; room?: Bytes } & ReadOrder)
  | { kind: 'list'; folder: string };

export type JobResult =
  | { written: WrittenBlock; plain: Bytes }
  | { writtenFrom: WrittenBlock | undefined }
  | { read: Bytes | undefined }
  | { listed: FileInFolder[] }
  /** In the shared memory that was given. */
  | { length: number };

/** What came of a job. A failure is told by its words, since errors lose their class on the way. */
export type Answer = { result: JobResult } | { failure: Failure };
export interface Failure {
  kind: 'corrupt' | 'other';
  digest: Digest;
  message: string;
  code?: string;
}

const readFlags = fileConstants.O_RDONLY | fileConstants.O_NOFOLLOW | fileConstants.O_NONBLOCK;
/** One job at a time: what a file has is looked at here before the next. */
const scratch = Buffer.allocUnsafeSlow(fileMaxBytes + 1);
const baseScratch = Buffer.allocUnsafeSlow(fileMaxBytes + 1);
const inflater = FrameInflater.create();

/** Of blocks that are written; not in threads that only read. */
let encodeSpace: EncodeSpace | undefined;
/** Of a block that is read here. */
let placeScratch: Buffer | undefined;

function writeFrom(order: PlaceOrder): WrittenBlock | undefined {
  placeScratch ??= Buffer.allocUnsafeSlow(blockSizeBytes);
  readPlace(order.place, placeScratch);
  return placeScratch.equals(zeroBlock) ? undefined : write(order, placeScratch);
}

function readPlace({ descriptor, offset, length, mayEnd }: FilePlace, target: Buffer): void {
  let done = 0;
  while (done < length) {
    const more = readSync(descriptor, target, done, length - done, offset + done);
    if (more === 0 && !mayEnd) throw new Error('a file became shorter while it was read');
    if (more === 0) break;
    done += more;
  }
  target.fill(0, done);
}

function write(order: NewFile, plain: Buffer): WrittenBlock {
  const { folder, file, replaces, damaged = [], owner } = order;
  const digest = digestOf(plain);
  const isDamaged = damaged.includes(digest);
  const found = isDamaged ? undefined : foundAt(properPlaces(folder, digest));
  if (found) return { digest, storedBytes: 0, base: found.base };
  const base = replaces && !isDamaged ? baseFrom(folder, replaces) : undefined;
  encodeSpace ??= { room: alignedRoom(encodeRoomBytes), compressor: FrameCompressor.create() };
  const bytes = encodeBlock(plain, base, encodeSpace);
  writeNewFile(file, bytes, owner);
  return { digest, storedBytes: bytes.length, base: baseOf(bytes) };
}

/** In the room, where there is one and the block fits there. */
function read({ folder, digest, file }: ReadOrder, room: Buffer | undefined): Buffer | undefined {
  const bytes = file ? bytesOf(file, digest, scratch) : bytesAnywhere(folder, digest, scratch);
  if (!bytes) return undefined;
  const base = baseFor(folder, digest, bytes);
  try {
    if (!room) return decodeBlock(digest, bytes, base);
    return decodeBlockInto(room, digest, bytes, { base, inflater });
  } finally {
    if (base && isAlone(base)) discard(base);
  }
}

function baseFor(folder: string, digest: Digest, bytes: Buffer, depth = 1): Buffer | undefined {
  const base = baseOf(bytes);
  if (!base) return undefined;
  if (depth > basesMax) throw new BlockCorruptError(digest, 'it has too many bases');
  const room = depth === 1 ? baseScratch : Buffer.allocUnsafeSlow(fileMaxBytes + 1);
  const file = bytesAnywhere(folder, base, room);
  if (!file) throw new BlockCorruptError(digest, `its base ${base} is missing`);
  return inflateBlock(digest, file, baseFor(folder, digest, file, depth + 1));
}

/** The block, or where that is a delta itself, its base. */
function baseFrom(folder: string, digest: Digest, depth = 1): Base | undefined {
  try {
    const bytes = bytesAmong(properPlaces(folder, digest), digest, baseScratch);
    if (!bytes) return undefined;
    const base = baseOf(bytes);
    if (base) return depth > 1 ? undefined : baseFrom(folder, base, depth + 1);
    return { digest, plain: decodeBlock(digest, bytes) };
  } catch {
    return undefined;
  }
}

function bytesAnywhere(folder: string, digest: Digest, room: Buffer): Buffer | undefined {
  return (
    bytesAmong(properPlaces(folder, digest), digest, room) ??
    bytesAmong(otherPlaces(folder, roundsOf(folder), digest), digest, room)
  );
}

function bytesAmong(places: readonly string[], digest: Digest, room: Buffer): Buffer | undefined {
  for (const place of places) {
    const bytes = bytesOf(place, digest, room);
    if (bytes) return bytes;
  }
  return undefined;
}

function roundsOf(folder: string): string[] {
  try {
    return readdirSync(condemnedFolder(folder));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function bytesOf(file: string, digest: Digest, room: Buffer): Buffer | undefined {
  return withFile(file, (handle) => {
    let length = 0;
    for (;;) {
      const more = readSync(handle, room, length, room.length - length, length);
      length += more;
      if (length > fileMaxBytes) throw tooLong(digest, fstatSync(handle).size);
      if (more === 0) return room.subarray(0, length);
    }
  });
}

/** Of a block that is in its place: which base it has, where it is a delta, as its name tells. */
function foundAt([whole, delta]: BlockPlaces): { base?: Digest } | undefined {
  const status = lstatSync(whole, { throwIfNoEntry: false });
  if (status && isBlockFile(status.isFile(), status.size)) return {};
  return withFile(delta, (handle) => {
    const status = fstatSync(handle);
    if (!isBlockFile(status.isFile(), status.size)) return undefined;
    const head = Buffer.alloc(headBytes);
    return { base: baseOf(head.subarray(0, readSync(handle, head, 0, headBytes, 0))) };
  });
}

function withFile<T>(file: string, work: (handle: number) => T): T | undefined {
  let handle: number;
  try {
    handle = openSync(file, readFlags);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    return work(handle);
  } finally {
    closeSync(handle);
  }
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Small buffers of Node, and those that are used again, share their memory with others. */
function isAlone(bytes: Buffer): bytes is Buffer<ArrayBuffer> {
  const { buffer, length } = bytes;
  const shared = buffer === scratch.buffer || buffer === baseScratch.buffer;
  return buffer instanceof ArrayBuffer && buffer.byteLength <= length + 1 && !shared;
}

function transferable(bytes: Buffer): Bytes {
  if (!isAlone(bytes)) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function list(folder: string): FileInFolder[] {
  const listed: FileInFolder[] = [];
  for (const name of readdirSync(folder)) {
    const status = lstatSync(path.join(folder, name), { throwIfNoEntry: false });
    if (status) listed.push({ name, sizeBytes: status.size });
  }
  return listed;
}

function run(job: Job): JobResult {
  if (job.kind === 'list') return { listed: list(job.folder) };
  if (job.kind === 'read') {
    const { shared } = job;
    const room = shared ?? job.room;
    const plain = read(job, room && Buffer.from(room.buffer, room.byteOffset, room.length));
    if (plain && shared && plain.buffer === shared.buffer) return { length: plain.length };
    return { read: plain && transferable(plain) };
  }
  if (job.kind === 'write-from') return { writtenFrom: writeFrom(job) };
  const { buffer, byteOffset, length } = job.plain;
  const plain = Buffer.from(buffer, byteOffset, length);
  return { written: write(job, plain), plain: job.plain };
}

function failureOf(error: unknown): Failure {
  if (error instanceof BlockCorruptError) {
    return { kind: 'corrupt', digest: error.digest, message: error.detail };
  }
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: 'other', digest: '', message, code };
}

function answerTo(job: Job): Answer {
  try {
    return { result: run(job) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function bytesIn(result: JobResult): Bytes | undefined {
  if ('plain' in result) return result.plain;
  return 'read' in result ? result.read : undefined;
}

// Of this thread alone: Linux has priorities by thread.
if (workerData.background) setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on('message', (jobs: Job[]) => {
  const answers = jobs.map(answerTo);
  const bytes = answers.map((answer) => ('result' in answer ? bytesIn(answer.result) : undefined));
  parentPort?.postMessage(
    answers,
    bytes.flatMap((each) => (each ? [each.buffer] : [])),
  );
});
