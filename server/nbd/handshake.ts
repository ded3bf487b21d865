/**
 * The first half of an NBD connection: fixed newstyle option haggling, until the client has chosen
 * an export. A client that breaks the protocol is cut off (ProtocolError); one that asks for what
 * is not offered is told so.
 */
import type { Disk } from '../disk/disk.ts';
import type { ByteQueue } from './byte-queue.ts';
import * as nbd from './protocol.ts';

/** Options carry names and lists of names; nothing honest comes near. */
const optionMaxBytes = 64 * 1024;
/** QEMU sends some five; a flood of them only makes replies pile up. */
const optionsMax = 64;
/** The specification's limit for strings. */
const nameMaxBytes = 4096;
/** The context number of base:allocation. */
export const allocationContextId = 1;
const allocationContext = 'base:allocation';

/** Requests of at most this length are answered. QEMU asks for no more. */
export const requestMaxBytes = 32 * 1024 * 1024;
const preferredBlockBytes = 4096;

export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

export interface Exports {
  lookup(exportName: string): Promise<Disk | undefined>;
  /** Names to tell a client that asks for a list; without it the list is refused. */
  list?(): string[];
}

/** What the two sides agreed on. */
export interface Agreement {
  exportName: string;
  disk: Disk;
  structuredReplies: boolean;
  blockStatus: boolean;
}

export class Handshake {
  readonly #exports: Exports;
  readonly #send: (bytes: Buffer) => void;
  #clientFlags: number | undefined;
  #optionHeader: { code: number; length: number } | undefined;
  #options = 0;
  #structuredReplies = false;
  /** The export for which base:allocation was agreed. */
  #statusExport: string | undefined;

  constructor(exports: Exports, send: (bytes: Buffer) => void) {
    this.#exports = exports;
    this.#send = send;
    const greeting = Buffer.alloc(18);
    greeting.writeBigUInt64BE(nbd.NBDMAGIC, 0);
    greeting.writeBigUInt64BE(nbd.IHAVEOPT, 8);
    greeting.writeUInt16BE(nbd.NBD_FLAG_FIXED_NEWSTYLE | nbd.NBD_FLAG_NO_ZEROES, 16);
    send(greeting);
  }

  /**
   * Goes on with the bytes that are there: `undefined` when more are needed, 'closed' when the
   * client gave up, else what was agreed; bytes after that belong to the transmission.
   */
  async advance(bytes: ByteQueue): Promise<Agreement | 'closed' | undefined> {
    if (this.#clientFlags === undefined) {
      const flags = bytes.take(4)?.readUInt32BE();
      if (flags === undefined) return undefined;
      const known = nbd.NBD_FLAG_FIXED_NEWSTYLE | nbd.NBD_FLAG_NO_ZEROES;
      if (flags & ~known) throw new ProtocolError('unknown client flags');
      this.#clientFlags = flags;
    }
    for (;;) {
      const option = this.#takeOption(bytes);
      if (!option) return undefined;
      if (++this.#options > optionsMax) throw new ProtocolError('too many options');
      const outcome = await this.#answer(option.code, option.data);
      if (outcome) return outcome;
    }
  }

  #takeOption(bytes: ByteQueue): { code: number; data: Buffer } | undefined {
    if (!this.#optionHeader) {
      const header = bytes.take(16);
      if (!header) return undefined;
      if (header.readBigUInt64BE(0) !== nbd.IHAVEOPT) throw new ProtocolError('no option magic');
      this.#optionHeader = { code: header.readUInt32BE(8), length: header.readUInt32BE(12) };
      if (this.#optionHeader.length > optionMaxBytes) throw new ProtocolError('option too long');
    }
    const { code, length } = this.#optionHeader;
    const data = bytes.take(length);
    if (!data) return undefined;
    this.#optionHeader = undefined;
    return { code, data };
  }

  async #answer(code: number, data: Buffer): Promise<Agreement | 'closed' | undefined> {
    switch (code) {
      case nbd.NBD_OPT_EXPORT_NAME:
        return this.#exportName(data.toString());
      case nbd.NBD_OPT_ABORT:
        this.#reply(code, nbd.NBD_REP_ACK);
        return 'closed';
      case nbd.NBD_OPT_LIST:
        return this.#list(data);
      case nbd.NBD_OPT_INFO:
      case nbd.NBD_OPT_GO:
        return this.#infoOrGo(code, data);
      case nbd.NBD_OPT_STRUCTURED_REPLY:
        if (data.length > 0) this.#reply(code, nbd.NBD_REP_ERR_INVALID);
        else {
          this.#structuredReplies = true;
          this.#reply(code, nbd.NBD_REP_ACK);
        }
        return undefined;
      case nbd.NBD_OPT_LIST_META_CONTEXT:
      case nbd.NBD_OPT_SET_META_CONTEXT:
        return this.#metaContext(code, data);
      default:
        this.#reply(code, nbd.NBD_REP_ERR_UNSUP);
        return undefined;
    }
  }

  /** The old way to choose: there is no error reply in it, only the end of the connection. */
  async #exportName(exportName: string): Promise<Agreement> {
    const disk = await this.#exports.lookup(exportName);
    if (!disk) throw new ProtocolError('unknown export');
    const padding = (this.#clientFlags ?? 0) & nbd.NBD_FLAG_NO_ZEROES ? 0 : 124;
    const reply = Buffer.alloc(10 + padding);
    reply.writeBigUInt64BE(BigInt(disk.sizeBytes), 0);
    reply.writeUInt16BE(this.#transmissionFlags(), 8);
    this.#send(reply);
    return this.#agree(exportName, disk);
  }

  #list(data: Buffer): undefined {
    const names = this.#exports.list?.();
    if (data.length > 0) this.#reply(nbd.NBD_OPT_LIST, nbd.NBD_REP_ERR_INVALID);
    else if (!names) this.#reply(nbd.NBD_OPT_LIST, nbd.NBD_REP_ERR_POLICY);
    else {
      for (const name of names) {
        const text = Buffer.from(name);
        this.#reply(
          nbd.NBD_OPT_LIST,
          nbd.NBD_REP_SERVER,
          Buffer.concat([uint32(text.length), text]),
        );
      }
      this.#reply(nbd.NBD_OPT_LIST, nbd.NBD_REP_ACK);
    }
    return undefined;
  }

  async #infoOrGo(code: number, data: Buffer): Promise<Agreement | undefined> {
    const asked = parseName(data);
    const exact =
      asked && asked.rest.length >= 2 && asked.rest.length === 2 + 2 * asked.rest.readUInt16BE();
    if (!asked || !exact) {
      this.#reply(code, nbd.NBD_REP_ERR_INVALID);
      return undefined;
    }
    const disk = await this.#exports.lookup(asked.name);
    if (!disk) {
      this.#reply(code, nbd.NBD_REP_ERR_UNKNOWN);
      return undefined;
    }
    const info = Buffer.alloc(12);
    info.writeUInt16BE(nbd.NBD_INFO_EXPORT, 0);
    info.writeBigUInt64BE(BigInt(disk.sizeBytes), 2);
    info.writeUInt16BE(this.#transmissionFlags(), 10);
    this.#reply(code, nbd.NBD_REP_INFO, info);
    const blockSize = Buffer.alloc(14);
    blockSize.writeUInt16BE(nbd.NBD_INFO_BLOCK_SIZE, 0);
    blockSize.writeUInt32BE(1, 2);
    blockSize.writeUInt32BE(preferredBlockBytes, 6);
    blockSize.writeUInt32BE(requestMaxBytes, 10);
    this.#reply(code, nbd.NBD_REP_INFO, blockSize);
    this.#reply(code, nbd.NBD_REP_ACK);
    return code === nbd.NBD_OPT_GO ? this.#agree(asked.name, disk) : undefined;
  }

  async #metaContext(code: number, data: Buffer): Promise<undefined> {
    const asked = parseName(data);
    const queries = asked && parseQueries(asked.rest);
    if (!asked || !queries || !this.#structuredReplies) {
      this.#reply(code, nbd.NBD_REP_ERR_INVALID);
      return undefined;
    }
    const disk = await this.#exports.lookup(asked.name);
    if (!disk) {
      this.#reply(code, nbd.NBD_REP_ERR_UNKNOWN);
      return undefined;
    }
    const listing = code === nbd.NBD_OPT_LIST_META_CONTEXT;
    const wanted =
      queries.includes(allocationContext) ||
      (listing && (queries.length === 0 || queries.includes('base:')));
    const offered = disk.extents !== undefined && wanted;
    if (!listing) this.#statusExport = offered ? asked.name : undefined;
    if (offered) {
      const context = Buffer.concat([uint32(allocationContextId), Buffer.from(allocationContext)]);
      this.#reply(code, nbd.NBD_REP_META_CONTEXT, context);
    }
    this.#reply(code, nbd.NBD_REP_ACK);
    return undefined;
  }

  #agree(exportName: string, disk: Disk): Agreement {
    return {
      exportName,
      disk,
      structuredReplies: this.#structuredReplies,
      blockStatus: this.#statusExport === exportName,
    };
  }

  #transmissionFlags(): number {
    return (
      nbd.NBD_FLAG_HAS_FLAGS |
      nbd.NBD_FLAG_READ_ONLY |
      nbd.NBD_FLAG_CAN_MULTI_CONN |
      (this.#structuredReplies ? nbd.NBD_FLAG_SEND_DF : 0)
    );
  }

  #reply(option: number, type: number, data: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(20);
    header.writeBigUInt64BE(nbd.NBD_REP_MAGIC, 0);
    header.writeUInt32BE(option, 8);
    header.writeUInt32BE(type, 12);
    header.writeUInt32BE(data.length, 16);
    this.#send(Buffer.concat([header, data]));
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function parseName(data: Buffer): { name: string; rest: Buffer } | undefined {
  if (data.length < 4) return undefined;
  const length = data.readUInt32BE();
  if (length > nameMaxBytes || 4 + length > data.length) return undefined;
  return { name: data.toString('utf8', 4, 4 + length), rest: data.subarray(4 + length) };
}

function parseQueries(data: Buffer): string[] | undefined {
  if (data.length < 4) return undefined;
  const queries: string[] = [];
  let rest = data.subarray(4);
  for (let left = data.readUInt32BE(); left > 0; left--) {
    const query = parseName(rest);
    if (!query) return undefined;
    queries.push(query.name);
    rest = query.rest;
  }
  return rest.length === 0 ? queries : undefined;
}
