/**
 * One end of a link: a connection to a unix socket on which QEMU listens, made again whenever it is
 * lost. It knows nothing of frames: its reader gets the bytes, and starts afresh with each
 * connection.
 */
import type { Socket } from 'node:net';
import type { Log } from '../../foundations/log.ts';
import { connectToMachine } from '../../foundations/machine-socket.ts';

/**
 * Waits between attempts: quick at first because a machine is about to start, then easy on a host
 * with many stopped ones.
 */
const firstRetryMs = 20;
const lastRetryMs = 1000;
/**
 * What the event loop reads of a socket at once; it would read again and again while there is as
 * much.
 */
const wholeReadBytes = 64 * 1024;
/**
 * Bytes written and not yet taken by QEMU beyond which the other end is not read: some 40 full
 * reads of a socket.
 */
const fullBytes = 256 * 1024;
/**
 * The same of what comes from other guests, which nobody reads less for it: beyond this it is
 * dropped. Enough for a burst of TCP while this guest is slow for a moment.
 */
const peersFullBytes = 1024 * 1024;

export interface LinkEndOptions {
  path: string;
  log: Log;
  /** Called for each connection; what it throws ends that connection only. */
  createReader: () => (chunk: Buffer) => void;
}

export class LinkEnd {
  #options: LinkEndOptions;
  #socket: Socket;
  #connected = false;
  /** Not read while the other end is full, or for the rest of this turn of the event loop. */
  #isHeld = false;
  #isResting = false;
  #closed = false;
  /** Of what is not taken yet, what other guests sent. */
  #peerBytes = 0;
  #retryMs = firstRetryMs;
  #retryTimer: NodeJS.Timeout | undefined;
  /**
   * The end whose bytes go here, which is not read while this one is full; and the end where this
   * one's bytes go.
   */
  #source: LinkEnd | undefined;
  #target: LinkEnd | undefined;

  constructor(options: LinkEndOptions) {
    this.#options = options;
    this.#socket = this.#connect();
  }

  /** What is read here is written to `target`. */
  feeds(target: LinkEnd): void {
    this.#target = target;
    target.#source = this;
  }

  /** Frames that were handed to it, whole. */
  readonly given = { bytes: 0, packets: 0 };

  get isConnected(): boolean {
    return this.#connected;
  }

  get isFull(): boolean {
    return this.#connected && this.#socket.writableLength - this.#peerBytes >= fullBytes;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  get isFullForPeers(): boolean {
    return this.#connected && this.#peerBytes >= peersFullBytes;
  }

  write(bytes: Buffer): void {
    if (!this.#connected) return;
    this.#socket.write(bytes, () => this.#resumeSource());
    if (this.isFull) this.#source?.pause();
  }

  /** Of another guest: counted apart, so that it keeps nothing from the end that belongs here. */
  writeOfPeer(bytes: Buffer): void {
    if (!this.#connected) return;
    const socket = this.#socket;
    this.#peerBytes += bytes.length;
    socket.write(bytes, () => {
      if (socket === this.#socket) this.#peerBytes -= bytes.length;
      this.#resumeSource();
    });
  }

  #resumeSource(): void {
    const source = this.#source;
    if (source?.isHeld && !this.isFull) source.resume();
  }

  pause(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isHeld = false;
    if (!this.#isResting) this.#socket.resume();
  }

  /**
   * Others have their turn before more is read: a guest that floods its cable holds up nobody else.
   */
  #rest(): void {
    this.#isResting = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#isResting = false;
      if (!this.#isHeld) this.#socket.resume();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }

  #connect(): Socket {
    const { path, log, createReader } = this.#options;
    const socket = connectToMachine(path);
    this.#isHeld = false;
    this.#peerBytes = 0;
    const read = createReader();
    socket.on('connect', () => {
      this.#connected = true;
      this.#retryMs = firstRetryMs;
      if (this.#target?.isFull) this.pause();
    });
    socket.on('data', (chunk) => {
      if (chunk.length >= wholeReadBytes) this.#rest();
      try {
        read(chunk);
      } catch (error) {
        log.warn('link end out of step, connecting again', { path, error });
        socket.destroy();
      }
    });
    // 'close' follows; a machine that is not there (yet) is the normal case.
    socket.on('error', () => {});
    socket.on('close', () => this.#lost());
    return socket;
  }

  #lost(): void {
    this.#connected = false;
    if (this.#closed) return;
    this.#source?.resume();
    this.#retryTimer = setTimeout(() => {
      this.#socket = this.#connect();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }
}
