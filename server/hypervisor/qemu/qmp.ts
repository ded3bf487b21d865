/**
 * QMP, QEMU's machine protocol: greeting, capabilities, commands matched to answers by id, events.
 * A command has a time limit, since QEMU answers nothing while its main loop is stuck; what arrives
 * is not trusted: bytes that are not QMP end the connection. It knows no command but
 * `qmp_capabilities`.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectToMachine } from '../../foundations/machine-socket.ts';
import { LineReader } from './line-reader.ts';

/** The longest answers list block nodes, about 1 KiB each; 16 MiB is far beyond a machine's. */
const maxLineBytes = 16 * 1024 * 1024;

/**
 * Answers come within a millisecond, but a host under load or a guest flushing its disk may hold
 * the main loop for long.
 */
const commandLimitMs = 30_000;

/** A process that has just been spawned listens soon: try often at first. */
const connectRetryMs = 8;

export interface QmpEvent {
  event: string;
  data: Record<string, unknown>;
}

/** QEMU answered a command with an error. */
export class QmpError extends Error {
  override name = 'QmpError';
  readonly command: string;
  constructor(command: string, description: string) {
    super(`QEMU refused ${command}: ${description}`);
    this.command = command;
  }
}

/**
 * The connection is gone, or the command was not answered in time: whether it was carried out is
 * unknown.
 */
export class QmpDisconnectedError extends Error {
  override name = 'QmpDisconnectedError';
}

interface PendingCommand {
  command: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

export class QmpClient {
  /** Such as `7.2.22`. */
  version = '';
  readonly #stream: Duplex;
  readonly #lines = new LineReader(maxLineBytes);
  readonly #pending = new Map<number, PendingCommand>();
  readonly #greeted = Promise.withResolvers<void>();
  #nextId = 1;
  #closed = false;
  #onEvent: (event: QmpEvent) => void = () => {};
  #onClose: () => void = () => {};

  private constructor(stream: Duplex) {
    this.#stream = stream;
    this.#greeted.promise.catch(() => {});
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', (error) => this.#end(error));
    stream.on('close', () => this.#end(new Error('the connection closed')));
    stream.on('end', () => this.#end(new Error('QEMU closed the connection')));
  }

  /** Speaks QMP over an open stream: waits for the greeting and leaves negotiation mode. */
  static async open(stream: Duplex, limitMs: number = commandLimitMs): Promise<QmpClient> {
    const client = new QmpClient(stream);
    const timer = setTimeout(() => client.#end(new Error('QEMU did not greet in time')), limitMs);
    try {
      await client.#greeted.promise;
      await client.execute('qmp_capabilities', {}, limitMs);
      return client;
    } catch (error) {
      client.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Connects to a QEMU that may be about to listen; gives up after `limitMs` or as soon as
   * `isAlive` says no.
   */
  static async connect(
    socketPath: string,
    limitMs: number,
    isAlive: () => boolean,
  ): Promise<QmpClient> {
    const deadline = performance.now() + limitMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await QmpClient.open(await connected(socketPath), deadline - performance.now());
      } catch (error) {
        if (!isAlive()) throw new QmpDisconnectedError('the QEMU process has ended');
        if (performance.now() >= deadline) {
          throw new QmpDisconnectedError(`QEMU does not answer at ${socketPath}: ${error}`);
        }
      }
      await sleep(connectRetryMs * Math.min(attempt, 8));
    }
  }

  onEvent(listener: (event: QmpEvent) => void): void {
    this.#onEvent = listener;
  }

  /** Called once, also when `close` was called here. */
  onClose(listener: () => void): void {
    this.#onClose = listener;
    if (this.#closed) listener();
  }

  execute(
    command: string,
    args: Record<string, unknown> = {},
    limitMs: number = commandLimitMs,
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#closed) {
      reject(new QmpDisconnectedError(`${command}: not connected to QEMU`));
      return promise;
    }
    const id = this.#nextId++;
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      reject(new QmpDisconnectedError(`QEMU did not answer ${command} within ${limitMs} ms`));
    }, limitMs);
    this.#pending.set(id, { command, resolve, reject, timer });
    this.#stream.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return promise;
  }

  close(): void {
    this.#end(new Error('closed here'));
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      for (const line of this.#lines.push(chunk)) {
        if (line.length > 1) this.#take(asObject(JSON.parse(line.toString())));
      }
    } catch (error) {
      this.#end(new Error(`what QEMU sent is not QMP: ${error}`));
    }
  }

  #take(message: Record<string, unknown>): void {
    if ('QMP' in message) {
      this.version = versionOf(message);
      this.#greeted.resolve();
    } else if (typeof message.event === 'string') {
      this.#onEvent({ event: message.event, data: asObject(message.data ?? {}) });
    } else {
      this.#answer(message);
    }
  }

  #answer(message: Record<string, unknown>): void {
    const id = Number(message.id);
    const pending = this.#pending.get(id);
    // An answer to a command that was given up on is nobody's any more.
    if (!pending) return;
    // Read first: an answer that is broken leaves its command to the end of the connection.
    const refusal = 'error' in message ? String(asObject(message.error).desc) : undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (refusal === undefined) pending.resolve(message.return);
    else pending.reject(new QmpError(pending.command, refusal));
  }

  #end(cause: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.destroy();
    this.#greeted.reject(new QmpDisconnectedError(cause.message));
    for (const { command, reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new QmpDisconnectedError(`${command}: ${cause.message}`));
    }
    this.#pending.clear();
    this.#onClose();
  }
}

function connected(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectToMachine(socketPath);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function versionOf(greeting: Record<string, unknown>): string {
  const { qemu } = asObject(asObject(greeting.QMP).version);
  const { major, minor, micro } = asObject(qemu);
  return [major, minor, micro].map(Number).join('.');
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('not a JSON object');
  return value as Record<string, unknown>;
}
