/**
 * The QEMU guest agent, as far as it is needed: sync, freeze, thaw, commands, one small file. One
 * short connection per use. The agent is the guest's: it may be missing, slow or hostile, so
 * everything has a limit and a wrong answer is a failure. Its protocol has no ids: after an
 * unanswered command the connection is of no use and is closed.
 */
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectToMachine } from '../../foundations/machine-socket.ts';
import { LineReader } from './line-reader.ts';

/** The longest is what a command has written, which guest-commands.ts bounds. */
const maxLineBytes = 512 * 1024;

/** Answers that former clients did not wait for may come first; a few are honest. */
const maxUntakenLines = 100;

/**
 * Far above what an agent in a busy, emulated guest takes; without an agent it is what a capture
 * waits.
 */
const syncLimitMs = 3000;

/** Of a command in the guest, which is to be short. */
const commandLimitMs = 30_000;
const commandPollMs = [5, 10, 20, 40, 80];

/**
 * What a slow disk writes of a guest's dirty pages meanwhile is time that the guest need not stand
 * still.
 */
const flushLimitMs = 30_000;
const flushPollMs = 25;

export class GuestAgentError extends Error {
  override name = 'GuestAgentError';
}

export class GuestAgent {
  readonly #socket: Socket;
  readonly #lines = new LineReader(maxLineBytes);
  /** Received and not taken yet. */
  readonly #received: Buffer[] = [];
  #waiting: (() => void) | undefined;
  #failure: GuestAgentError | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('the connection closed'));
  }

  /** Connects and makes sure that an agent listens now; rejects with GuestAgentError. */
  static async open(socketPath: string, limitMs: number = syncLimitMs): Promise<GuestAgent> {
    const agent = new GuestAgent(connectToMachine(socketPath));
    try {
      await agent.#synchronise(limitMs);
      return agent;
    } catch (error) {
      agent.close();
      throw error;
    }
  }

  /**
   * Has the guest write its dirty pages while it may still write, so that freezing is short.
   * Rejects where the guest has no `sync`, forbids the agent to run it, or takes too long: then
   * freezing does it all.
   */
  async sync(): Promise<void> {
    const deadline = performance.now() + flushLimitMs;
    const started = await this.#execute('guest-exec', syncLimitMs, { path: 'sync' });
    const { pid } = started as { pid?: unknown };
    while (performance.now() < deadline) {
      const status = await this.#execute('guest-exec-status', syncLimitMs, { pid });
      if ((status as { exited?: unknown }).exited === true) return;
      await sleep(flushPollMs);
    }
    throw new GuestAgentError(`guest agent: sync took more than ${flushLimitMs} ms`);
  }

  /** What a short command writes to its standard output; rejects where it does not succeed. */
  async run(path: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
    const deadline = performance.now() + commandLimitMs;
    const started = await this.#execute('guest-exec', commandLimitMs, {
      path,
      arg: args,
      'capture-output': true,
      ...(input && { 'input-data': input.toString('base64') }),
    });
    const { pid } = started as { pid?: unknown };
    for (let polls = 0; performance.now() < deadline; polls++) {
      const status = (await this.#execute('guest-exec-status', commandLimitMs, { pid })) as {
        exited?: unknown;
        exitcode?: unknown;
        'out-data'?: unknown;
        'err-data'?: unknown;
      };
      if (status.exited === true) {
        if (status.exitcode === 0) return Buffer.from(String(status['out-data'] ?? ''), 'base64');
        const told = Buffer.from(String(status['err-data'] ?? ''), 'base64').toString();
        throw new GuestAgentError(`${path} failed in the guest: ${told.slice(0, 500)}`);
      }
      await sleep(commandPollMs[polls] ?? commandPollMs.at(-1));
    }
    throw new GuestAgentError(`${path} took more than ${commandLimitMs} ms in the guest`);
  }

  /** The beginning of a file; rejects where the guest has none, or forbids the agent to read it. */
  async read(path: string, maxBytes: number, limitMs: number): Promise<Buffer> {
    const deadline = performance.now() + limitMs;
    const execute = (command: string, args: object) =>
      this.#execute(command, deadline - performance.now(), args);
    const handle = await execute('guest-file-open', { path });
    try {
      const answer = await execute('guest-file-read', { handle, count: maxBytes });
      const bytes = Buffer.from(String((answer as { 'buf-b64'?: unknown })['buf-b64']), 'base64');
      if (bytes.length > maxBytes) throw new GuestAgentError(`${path}: more than was asked for`);
      return bytes;
    } finally {
      await execute('guest-file-close', { handle });
    }
  }

  /** Number of file systems frozen. */
  async freeze(limitMs: number): Promise<number> {
    return Number(await this.#execute('guest-fsfreeze-freeze', limitMs));
  }

  /** Number of file systems that were frozen until now; thawing what is not changes nothing. */
  async thaw(limitMs: number): Promise<number> {
    return Number(await this.#execute('guest-fsfreeze-thaw', limitMs));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** QEMU's end takes one client at a time: a connection that is left open shuts out the next. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The byte 0xFF makes the agent drop half a command that a former client left, and marks its own
   * answer.
   */
  async #synchronise(limitMs: number): Promise<void> {
    const id = randomInt(1, 2 ** 31);
    const request = { execute: 'guest-sync-delimited', arguments: { id } };
    const deadline = performance.now() + limitMs;
    this.#socket.write(Buffer.concat([Buffer.of(0xff), encode(request)]));
    for (;;) {
      const line = await this.#line(deadline - performance.now(), 'guest-sync-delimited');
      if (returned(line.subarray(line.lastIndexOf(0xff) + 1)) === id) return;
    }
  }

  async #execute(command: string, limitMs: number, args: object = {}): Promise<unknown> {
    this.#socket.write(encode({ execute: command, arguments: args }));
    const line = await this.#line(limitMs, command);
    const value = returned(line);
    if (value === undefined || value === null) {
      throw new GuestAgentError(`${command}: the agent answered ${line.toString().slice(0, 200)}`);
    }
    return value;
  }

  async #line(limitMs: number, command: string): Promise<Buffer> {
    const late = () => this.#fail(`${command} was not answered in time`);
    const timer = setTimeout(late, Math.max(limitMs, 0));
    try {
      for (;;) {
        const line = this.#received.shift();
        if (line) return line;
        if (this.#failure) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(chunk: Buffer): void {
    try {
      this.#received.push(...this.#lines.push(chunk));
    } catch (error) {
      this.#fail(String(error));
    }
    if (this.#received.length > maxUntakenLines) this.#fail('it sends what was not asked for');
    this.#waiting?.();
  }

  #fail(reason: string): void {
    this.#failure ??= new GuestAgentError(`guest agent: ${reason}`);
    this.#socket.destroy();
    this.#waiting?.();
  }
}

function encode(request: object): Buffer {
  return Buffer.from(`${JSON.stringify(request)}\n`);
}

/** The value of an answer; undefined for an error or anything else. */
function returned(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString())?.return;
  } catch {
    return undefined;
  }
}
