/**
 * An NBD server on a unix socket: serves disks, read-only, to QEMU. It knows nothing of accounts,
 * guests or snapshots: who can connect to the socket may read what `lookup` gives.
 * The caller owns the socket's path (what an earlier process left there is replaced) and the disks:
 * they stay open.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { type BudgetedConnection, GuestBudget } from './budget.ts';
import { ByteQueue } from './byte-queue.ts';
import { type Agreement, type Exports, Handshake, ProtocolError } from './handshake.ts';
import { ServingOrder } from './serving-order.ts';
import { Transmission } from './transmission.ts';

/** A client that has not chosen an export by then is not one. */
const handshakeTimeoutMs = 30_000;
/** Where the caller knows no better. */
const defaultConnectionsMax = 16;

/** Nobody honest connects more often; a client that finds nobody there tries again. */
const acceptsPerTurn = 8;
const restMs = 250;

/** Of this thread. */
const order = new ServingOrder();

export interface NbdServerOptions extends Exports {
  /**
   * A read that failed (the client got EIO), or a client that broke the protocol and was cut off.
   */
  onError?(error: unknown, exportName: string | undefined): void;
  /** Asked for each connection; one that is too many is cut off at once. */
  connectionsMax?(): number;
}

export interface NbdServer {
  /** Resolves when clients can connect. */
  listen(socketPath: string): Promise<void>;
  /** Cuts all connections. */
  close(): Promise<void>;
}

export function createNbdServer(options: NbdServerOptions): NbdServer {
  return new UnixNbdServer(options);
}

class UnixNbdServer implements NbdServer {
  readonly #options: NbdServerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #budget = new GuestBudget(order);
  #server: Server | undefined;
  #resting: NodeJS.Timeout | undefined;
  /** In this turn of the event loop. */
  #accepted = 0;

  constructor(options: NbdServerOptions) {
    this.#options = options;
  }

  async listen(socketPath: string): Promise<void> {
    await rm(socketPath, { force: true });
    const server = createServer((socket) => this.#accept(socket, socketPath));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const listen = () =>
        server.listen(socketPath, () => {
          server.off('error', reject);
          resolve();
        });
      underSocketMask(listen);
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#resting);
    const closed = [...this.#sockets].map((socket) => once(socket, 'close'));
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #accept(socket: Socket, socketPath: string): void {
    const { connectionsMax = () => defaultConnectionsMax } = this.#options;
    if (this.#accepted === 0) setImmediate(() => this.#endTurn());
    this.#accepted += 1;
    if (this.#accepted > acceptsPerTurn) this.#rest(socketPath);
    if (this.#sockets.size >= connectionsMax()) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    serveConnection(socket, this.#options, this.#budget);
  }

  #endTurn(): void {
    this.#accepted = 0;
  }

  /**
   * The event loop accepts for as long as somebody connects: one who does nothing else would keep
   * it there.
   */
  #rest(socketPath: string): void {
    if (!this.#server) return;
    this.#server.close();
    this.#server = undefined;
    this.#resting = setTimeout(() => {
      this.listen(socketPath).catch((error) => this.#options.onError?.(error, undefined));
    }, restMs);
  }
}

/**
 * Who can get to the socket may connect: the folder bars others. It is the mask, since a change of
 * mode would follow a link put in the socket's place. A thread cannot set it, which is the
 * process's: there it is this one already.
 */
export const socketMask = 0o111;

function underSocketMask(work: () => void): void {
  if (!isMainThread) {
    work();
    return;
  }
  const mask = process.umask(socketMask);
  work();
  process.umask(mask);
}

function serveConnection(socket: Socket, options: NbdServerOptions, budget: GuestBudget): void {
  const bytes = new ByteQueue();
  const send = (reply: Buffer) => socket.write(reply);
  const handshake = new Handshake(options, send);
  let transmission: Transmission | undefined;
  let exportName: string | undefined;
  let advancing = false;

  const fail = (error: unknown) => {
    options.onError?.(error, exportName);
    socket.destroy();
  };
  const begin = (agreement: Agreement) => {
    exportName = agreement.exportName;
    socket.setTimeout(0);
    const onError = (error: unknown) => options.onError?.(error, agreement.exportName);
    transmission = new Transmission(socket, agreement, { budget, onError });
    budget.ready(connection);
  };
  const connection: BudgetedConnection = {
    get unsentBytes() {
      return transmission?.unsentBytes ?? 0;
    },
    advance: () => (transmission ? serve(transmission) : { cost: 0, more: false }),
  };
  const released = () => {
    budget.ready(connection);
    budget.released();
  };
  const shakeHands = async () => {
    // One at a time: while the handshake waits for a lookup, bytes gather.
    if (advancing || socket.destroyed) return;
    advancing = true;
    try {
      const agreed = await handshake.advance(bytes);
      if (agreed === 'closed') socket.end();
      else if (agreed) begin(agreed);
    } catch (error) {
      fail(error);
    } finally {
      advancing = false;
    }
  };
  const serve = (begun: Transmission) => {
    if (socket.destroyed) return { cost: 0, more: false };
    try {
      const { cost, next } = begun.advance(bytes, released);
      const more = next === 'more';
      if (next === 'closed') socket.end();
      else if (begun.busy) socket.pause();
      else if (!more && socket.isPaused()) socket.resume();
      return { cost, more };
    } catch (error) {
      fail(error);
      return { cost: 0, more: false };
    }
  };

  socket.setTimeout(handshakeTimeoutMs, () => fail(new ProtocolError('handshake timed out')));
  socket.on('data', (chunk) => {
    bytes.push(chunk);
    if (!transmission) void shakeHands();
    // What comes while it waits for its turn stays where it is.
    else if (!budget.ready(connection)) socket.pause();
  });
  socket.on('drain', released);
  budget.add(connection);
  socket.once('close', () => budget.delete(connection));
  // The client's death: what is still being read for it is dropped.
  socket.on('error', () => socket.destroy());
}
