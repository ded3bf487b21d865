/**
 * The second half of an NBD connection: requests and replies on one read-only export. Reads whose
 * blocks are in memory are answered at once, those of a turn in one write; the others wait for the
 * disk, and their replies may overtake each other. A failed read is answered with EIO, never with
 * other bytes.
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
import { ReplyRoom, roomBytes } from './reply-room.ts';
import { costOf, quantum } from './serving-order.ts';

const requestBytes = 28;
/** Reads waiting for the disk; QEMU itself sends at most 16 per connection. */
const readsInFlightMax = 64;
/** Of a disk, told in one reply: each block of it is looked up. */
const statusMaxBytes = 128 * 1024 * 1024;
/** Extents told in one reply; the client asks again for the rest. */
const extentsMax = 1024;
const simpleHeaderBytes = 16;
const structuredHeaderBytes = 20;
/** In front of the bytes of a chunk: where they are from. */
const offsetBytes = 8;

/** Of this thread. */
const room = new ReplyRoom();

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
  /** Reads whose blocks are in memory by now. */
  readonly #loaded: Request[] = [];
  /** Of what was answered in this turn. */
  #cost = 0;
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
    return this.#isFull || this.#readsInFlight >= readsInFlightMax || !this.#budget.hasRoom;
  }

  /** Replies that the client does not take yet would only take memory: 'drain' follows. */
  get #isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /**
   * Answers what has arrived, up to a quantum, and says what that cost: 'closed' when the client said
   * goodbye, 'more' when there is more to do, after others. `resume` is called when busy ends.
   */
  advance(bytes: ByteQueue, resume: () => void): { cost: number; next?: 'closed' | 'more' } {
    this.#cost = 0;
    try {
      this.#answerLoaded(resume);
      const closed = this.#answerAsked(bytes, resume);
      const more = this.#loaded.length > 0 || this.#isAsked(bytes);
      return { cost: this.#cost, next: closed ?? (more && !this.busy ? 'more' : undefined) };
    } finally {
      room.send(this.#socket);
    }
  }

  #isAsked(bytes: ByteQueue): boolean {
    return bytes.length >= this.#toSkip + requestBytes;
  }

  #answerAsked(bytes: ByteQueue, resume: () => void): 'closed' | undefined {
    while (!this.busy && this.#cost < quantum) {
      this.#toSkip -= bytes.skip(this.#toSkip);
      const header = this.#isAsked(bytes) ? bytes.take(requestBytes) : undefined;
      if (!header) return undefined;
      const request = parseRequest(header);
      if (request.command === nbd.NBD_CMD_DISC) return 'closed';
      this.#cost += costOf(request.command === nbd.NBD_CMD_WRITE ? request.length : 0);
      this.#answer(request, resume);
    }
    return undefined;
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
    if (disk.preadNow && disk.load) {
      if (!this.#readNow(request)) this.#load(request, resume);
      return;
    }
    const reply = (read: Buffer) => this.#replyData(request, read);
    this.#later(request, disk.pread(offset, length), reply, resume);
  }

  /** Puts the reply together where it leaves from; false where it is not all in memory. */
  #readNow(request: Request): boolean {
    const { disk } = this.#agreement;
    const head = this.#dataHeadBytes;
    const length = head + request.length;
    const fits = length <= roomBytes;
    const reply = fits ? room.take(length, this.#socket) : Buffer.allocUnsafeSlow(length);
    if (!disk.preadNow?.(request.offset, reply.subarray(head))) {
      if (fits) room.giveBack(length);
      return false;
    }
    this.#writeDataHead(reply, request);
    this.#cost += request.length;
    if (!fits) this.#reply(reply);
    return true;
  }

  #load(request: Request, resume: () => void): void {
    const { offset, length } = request;
    const loaded = this.#agreement.disk.load?.(offset, length) ?? Promise.resolve();
    this.#later(request, loaded, () => this.#loaded.push(request), resume);
  }

  #answerLoaded(resume: () => void): void {
    while (this.#loaded.length > 0 && !this.#isFull && this.#cost < quantum) {
      const request = this.#loaded.shift() as Request;
      if (!this.#readNow(request)) this.#load(request, resume);
    }
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
    reply: (result: T) => unknown,
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

  get #dataHeadBytes(): number {
    return this.#agreement.structuredReplies
      ? structuredHeaderBytes + offsetBytes
      : simpleHeaderBytes;
  }

  #writeDataHead(head: Buffer, { handle, offset, length }: Request): void {
    if (!this.#agreement.structuredReplies) {
      writeSimpleHeader(head, handle, 0);
      return;
    }
    const type = nbd.NBD_REPLY_TYPE_OFFSET_DATA;
    writeStructuredHeader(head, { handle, type, length: offsetBytes + length });
    head.writeUInt32BE(Math.floor(offset / 2 ** 32), structuredHeaderBytes);
    head.writeUInt32BE(offset % 2 ** 32, structuredHeaderBytes + 4);
  }

  #replyData(request: Request, read: Buffer): void {
    const head = Buffer.allocUnsafe(this.#dataHeadBytes);
    this.#writeDataHead(head, request);
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(read);
    this.#socket.uncork();
  }

  #replyExtents({ handle, flags }: Request, extents: Extent[]): void {
    const told = extents.slice(0, flags & nbd.NBD_CMD_FLAG_REQ_ONE ? 1 : extentsMax);
    const payload = Buffer.alloc(4 + told.length * 8);
    payload.writeUInt32BE(allocationContextId, 0);
    told.forEach(({ length, zero }, i) => {
      payload.writeUInt32BE(length, 4 + i * 8);
      payload.writeUInt32BE(zero ? nbd.NBD_STATE_HOLE | nbd.NBD_STATE_ZERO : 0, 8 + i * 8);
    });
    this.#replyChunk(handle, nbd.NBD_REPLY_TYPE_BLOCK_STATUS, payload);
  }

  #replyError({ handle, command }: Request, error: number): void {
    const structured = command === nbd.NBD_CMD_READ || command === nbd.NBD_CMD_BLOCK_STATUS;
    if (!this.#agreement.structuredReplies || !structured) {
      const header = Buffer.allocUnsafe(simpleHeaderBytes);
      writeSimpleHeader(header, handle, error);
      this.#reply(header);
      return;
    }
    const payload = Buffer.alloc(6);
    payload.writeUInt32BE(error, 0);
    this.#replyChunk(handle, nbd.NBD_REPLY_TYPE_ERROR, payload);
  }

  /** A reply of one chunk. */
  #replyChunk(handle: Buffer, type: number, payload: Buffer): void {
    const reply = Buffer.allocUnsafe(structuredHeaderBytes + payload.length);
    writeStructuredHeader(reply, { handle, type, length: payload.length });
    payload.copy(reply, structuredHeaderBytes);
    this.#reply(reply);
  }

  /** Behind those that are there already. */
  #reply(reply: Buffer): void {
    room.send(this.#socket);
    this.#socket.write(reply);
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

function writeSimpleHeader(header: Buffer, handle: Buffer, error: number): void {
  header.writeUInt32BE(nbd.NBD_SIMPLE_REPLY_MAGIC, 0);
  header.writeUInt32BE(error, 4);
  handle.copy(header, 8);
}

/** Of a reply that is one chunk, of so many bytes. */
function writeStructuredHeader(
  header: Buffer,
  { handle, type, length }: { handle: Buffer; type: number; length: number },
): void {
  header.writeUInt32BE(nbd.NBD_STRUCTURED_REPLY_MAGIC, 0);
  header.writeUInt16BE(nbd.NBD_REPLY_FLAG_DONE, 4);
  header.writeUInt16BE(type, 6);
  handle.copy(header, 8);
  header.writeUInt32BE(length, 16);
}
