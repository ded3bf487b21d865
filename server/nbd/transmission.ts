/**
 * The second half of an NBD connection: requests and replies on one read-only export. Reads whose
 * blocks are in memory are answered at once and without a copy; the others wait for the disk, and
 * their replies may overtake each other. A failed read is answered with EIO, never with other
 * bytes.
 */
import type { Socket } from 'node:net';
import type { Extent } from '../disk/disk.ts';
import type { GuestBudget } from './budget.ts';
import type { ByteQueue } from './byte-queue.ts';
import {
  type Agreement,
  allocationContextId,
  ProtocolError,
  requestMaxBytes,
} from './handshake.ts';
import * as nbd from './protocol.ts';

const requestBytes = 28;
/** Reads waiting for the disk; QEMU itself sends at most 16 per connection. */
const readsInFlightMax = 64;
/** Looked at in one turn of the event loop: QEMU has at most so many under way. */
const requestsPerTurn = 16;
/** Of a disk, told in one reply: each block of it is looked up. */
const statusMaxBytes = 128 * 1024 * 1024;
/** Extents told in one reply; the client asks again for the rest. */
const extentsMax = 1024;

interface Request {
  command: number;
  flags: number;
  /** Opaque to the server, sent back as it came. */
  handle: Buffer;
  offset: number;
  length: number;
}

export class Transmission {
  readonly #socket: Socket;
  readonly #agreement: Agreement;
  readonly #budget: GuestBudget;
  readonly #onError: (error: unknown) => void;
  #readsInFlight = 0;
  #bytesInFlight = 0;
  /** Payload of a refused write that has still to be skipped. */
  #toSkip = 0;

  constructor(
    socket: Socket,
    agreement: Agreement,
    { budget, onError }: { budget: GuestBudget; onError: (error: unknown) => void },
  ) {
    this.#socket = socket;
    this.#agreement = agreement;
    this.#budget = budget;
    this.#onError = onError;
  }

  get unsentBytes(): number {
    return this.#bytesInFlight + this.#socket.writableLength;
  }

  /** No more requests should be taken until replies have left. */
  get busy(): boolean {
    return this.#readsInFlight >= readsInFlightMax || !this.#budget.hasRoom;
  }

  /**
   * Answers what has arrived: 'closed' when the client said goodbye, 'later' when others are to
   * have their turn first. `resume` is called when busy ends.
   */
  advance(bytes: ByteQueue, resume: () => void): 'closed' | 'later' | undefined {
    this.#socket.cork();
    try {
      for (let requests = 0; !this.busy; requests++) {
        this.#toSkip -= bytes.skip(this.#toSkip);
        if (this.#toSkip > 0 || bytes.length < requestBytes) return undefined;
        if (requests === requestsPerTurn || !this.#budget.takeRequest()) return 'later';
        const header = bytes.take(requestBytes);
        if (!header) return undefined;
        const request = parseRequest(header);
        if (request.command === nbd.NBD_CMD_DISC) return 'closed';
        this.#answer(request, resume);
      }
      return undefined;
    } finally {
      this.#socket.uncork();
    }
  }

  #answer(request: Request, resume: () => void): void {
    switch (request.command) {
      case nbd.NBD_CMD_READ:
        this.#read(request, resume);
        break;
      case nbd.NBD_CMD_BLOCK_STATUS:
        this.#blockStatus(request, resume);
        break;
      case nbd.NBD_CMD_WRITE:
        if (request.length > requestMaxBytes) throw new ProtocolError('write too long');
        this.#toSkip = request.length;
        this.#replyError(request, nbd.NBD_EPERM);
        break;
      case nbd.NBD_CMD_TRIM:
      case nbd.NBD_CMD_WRITE_ZEROES:
        this.#replyError(request, nbd.NBD_EPERM);
        break;
      default:
        this.#replyError(request, nbd.NBD_EINVAL);
    }
  }

  #read(request: Request, resume: () => void): void {
    const { disk } = this.#agreement;
    const { offset, length, flags } = request;
    const tooLong = length > requestMaxBytes;
    if (tooLong || !this.#isValid(request) || flags & ~nbd.NBD_CMD_FLAG_DF) {
      this.#replyError(request, tooLong ? nbd.NBD_EOVERFLOW : nbd.NBD_EINVAL);
      return;
    }
    const pieces = disk.preadPieces?.(offset, length) ?? disk.pread(offset, length);
    if (Array.isArray(pieces)) {
      this.#replyData(request, pieces);
      return;
    }
    const reply = (read: Buffer[] | Buffer) =>
      this.#replyData(request, Array.isArray(read) ? read : [read]);
    this.#later<Buffer[] | Buffer>(request, pieces, reply, resume);
  }

  #blockStatus(request: Request, resume: () => void): void {
    const { disk, blockStatus } = this.#agreement;
    const { offset, length, flags } = request;
    const agreed = blockStatus && !(flags & ~nbd.NBD_CMD_FLAG_REQ_ONE);
    if (!agreed || !disk.extents || !this.#isValid(request)) {
      this.#replyError(request, nbd.NBD_EINVAL);
      return;
    }
    const reply = (extents: Extent[]) => this.#replyExtents(request, extents);
    const told = Math.min(length, statusMaxBytes);
    this.#later(request, disk.extents(offset, told), reply, resume);
  }

  #isValid({ offset, length }: Request): boolean {
    return length > 0 && offset + length <= this.#agreement.disk.sizeBytes;
  }

  #later<T>(
    request: Request,
    work: Promise<T>,
    reply: (result: T) => void,
    resume: () => void,
  ): void {
    // The bytes that the request came in are let go; the handle outlives them.
    request.handle = Buffer.from(request.handle);
    const bytes = request.command === nbd.NBD_CMD_READ ? request.length : 0;
    this.#readsInFlight++;
    this.#bytesInFlight += bytes;
    work
      .then(reply, (error) => {
        this.#onError(error);
        this.#replyError(request, nbd.NBD_EIO);
      })
      .finally(() => {
        this.#readsInFlight--;
        this.#bytesInFlight -= bytes;
        resume();
      });
  }

  #replyData({ handle, offset, length }: Request, pieces: Buffer[]): void {
    this.#socket.cork();
    if (this.#agreement.structuredReplies) {
      const payload = Buffer.allocUnsafe(8);
      payload.writeBigUInt64BE(BigInt(offset));
      const type = nbd.NBD_REPLY_TYPE_OFFSET_DATA;
      this.#socket.write(structuredHeader(handle, type, 8 + length, payload));
    } else {
      this.#socket.write(simpleHeader(handle, 0));
    }
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  #replyExtents(request: Request, extents: Extent[]): void {
    const told = extents.slice(0, request.flags & nbd.NBD_CMD_FLAG_REQ_ONE ? 1 : extentsMax);
    const payload = Buffer.alloc(4 + told.length * 8);
    payload.writeUInt32BE(allocationContextId, 0);
    told.forEach(({ length, zero }, i) => {
      payload.writeUInt32BE(length, 4 + i * 8);
      payload.writeUInt32BE(zero ? nbd.NBD_STATE_HOLE | nbd.NBD_STATE_ZERO : 0, 8 + i * 8);
    });
    const type = nbd.NBD_REPLY_TYPE_BLOCK_STATUS;
    this.#socket.write(structuredHeader(request.handle, type, payload.length, payload));
  }

  #replyError({ handle, command }: Request, error: number): void {
    const structured = command === nbd.NBD_CMD_READ || command === nbd.NBD_CMD_BLOCK_STATUS;
    if (!this.#agreement.structuredReplies || !structured) {
      this.#socket.write(simpleHeader(handle, error));
      return;
    }
    const payload = Buffer.alloc(6);
    payload.writeUInt32BE(error, 0);
    this.#socket.write(structuredHeader(handle, nbd.NBD_REPLY_TYPE_ERROR, payload.length, payload));
  }
}

function parseRequest(header: Buffer): Request {
  if (header.readUInt32BE(0) !== nbd.NBD_REQUEST_MAGIC) throw new ProtocolError('no request magic');
  return {
    flags: header.readUInt16BE(4),
    command: header.readUInt16BE(6),
    handle: header.subarray(8, 16),
    // Beyond 2^53 it is imprecise, and beyond the end of every disk.
    offset: header.readUInt32BE(16) * 2 ** 32 + header.readUInt32BE(20),
    length: header.readUInt32BE(24),
  };
}

function simpleHeader(handle: Buffer, error: number): Buffer {
  const header = Buffer.allocUnsafe(16);
  header.writeUInt32BE(nbd.NBD_SIMPLE_REPLY_MAGIC, 0);
  header.writeUInt32BE(error, 4);
  handle.copy(header, 8);
  return header;
}

/** A reply of one chunk, with `payload` or its beginning. */
function structuredHeader(handle: Buffer, type: number, length: number, payload: Buffer): Buffer {
  const header = Buffer.allocUnsafe(20 + payload.length);
  header.writeUInt32BE(nbd.NBD_STRUCTURED_REPLY_MAGIC, 0);
  header.writeUInt16BE(nbd.NBD_REPLY_FLAG_DONE, 4);
  header.writeUInt16BE(type, 6);
  handle.copy(header, 8);
  header.writeUInt32BE(length, 16);
  payload.copy(header, 20);
  return header;
}
