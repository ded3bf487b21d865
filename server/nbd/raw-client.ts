/**
 * An NBD client that says exactly what it is told, right or wrong: for the tests and benchmarks of
 * the server. It understands simple replies only, and nothing of what QEMU's client does to go on
 * after an error.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import * as nbd from './protocol.ts';

/** A client that says exactly what a test wants. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake = () => {};

  constructor(socketPath: string) {
    this.socket = connect(socketPath);
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  async take(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.#closed) throw new Error('the server closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return piece;
  }

  async closed(): Promise<void> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  option(code: number, data: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(16);
    header.writeBigUInt64BE(nbd.IHAVEOPT, 0);
    header.writeUInt32BE(code, 8);
    header.writeUInt32BE(data.length, 12);
    this.socket.write(Buffer.concat([header, data]));
  }

  async optionReply(): Promise<{ type: number; data: Buffer }> {
    const header = await this.take(20);
    assert.equal(header.readBigUInt64BE(0), nbd.NBD_REP_MAGIC);
    const data = await this.take(header.readUInt32BE(16));
    return { type: header.readUInt32BE(12), data };
  }

  request(command: number, offset: number, length: number, handle = 1n, flags = 0): void {
    this.socket.write(encodeRequest({ command, offset, length, handle, flags }));
  }

  async simpleReply(): Promise<{ error: number; handle: bigint }> {
    const header = await this.take(16);
    assert.equal(header.readUInt32BE(0), nbd.NBD_SIMPLE_REPLY_MAGIC);
    return { error: header.readUInt32BE(4), handle: header.readBigUInt64BE(8) };
  }

  /** Through the whole handshake, with simple replies. */
  static async transmission(socketPath: string, exportName: string): Promise<RawClient> {
    const client = await RawClient.greeted(socketPath);
    client.option(nbd.NBD_OPT_EXPORT_NAME, Buffer.from(exportName));
    await client.take(10);
    return client;
  }

  static async greeted(socketPath: string, flags = 3): Promise<RawClient> {
    const client = new RawClient(socketPath);
    const greeting = await client.take(18);
    assert.equal(greeting.readBigUInt64BE(0), nbd.NBDMAGIC);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(flags);
    client.socket.write(bytes);
    return client;
  }
}

export interface RawRequest {
  command: number;
  offset: number;
  length: number;
  handle: bigint;
  flags?: number;
}

export function encodeRequest({ command, offset, length, handle, flags = 0 }: RawRequest): Buffer {
  const header = Buffer.alloc(28);
  header.writeUInt32BE(nbd.NBD_REQUEST_MAGIC, 0);
  header.writeUInt16BE(flags, 4);
  header.writeUInt16BE(command, 6);
  header.writeBigUInt64BE(handle, 8);
  header.writeBigUInt64BE(BigInt(offset), 16);
  header.writeUInt32BE(length, 24);
  return header;
}
