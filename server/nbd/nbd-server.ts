/**
 * An NBD server on a unix socket: serves disks, read-only, to QEMU. It knows nothing of accounts, guests or snapshots:
 * who can connect to the socket may read what `lookup` gives.
 * The caller owns the socket's path (and removes what an earlier process left there) and the disks: they stay open.
 */
import { createServer, type Socket } from 'node:net';
import { ByteQueue } from './byte-queue.ts';
import { type Agreement, type Exports, Handshake, ProtocolError } from './handshake.ts';
import { Transmission } from './transmission.ts';

/** A client that has not chosen an export by then is not one. */
const handshakeTimeoutMs = 30_000;
/** QEMU opens one per disk, and a new one while it reconnects. */
const connectionsMax = 256;

export interface NbdServerOptions extends Exports {
  /** A read that failed (the client got EIO), or a client that broke the protocol and was cut off. */
  onError?(error: unknown, exportName: string | undefined): void;
}

export interface NbdServer {
  /** Resolves when clients can connect. */
  listen(socketPath: string): Promise<void>;
  /** Cuts all connections. */
  close(): Promise<void>;
}

export function createNbdServer(options: NbdServerOptions): NbdServer {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveConnection(socket, options);
  });
  server.maxConnections = connectionsMax;
  return {
    listen: (socketPath) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(socketPath, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serveConnection(socket: Socket, options: NbdServerOptions): void {
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
    transmission = new Transmission(socket, agreement, (error) =>
      options.onError?.(error, agreement.exportName),
    );
  };
  const advance = async () => {
    // One at a time: while the handshake waits for a lookup, bytes gather.
    if (advancing || socket.destroyed) return;
    advancing = true;
    try {
      let outcome: 'closed' | undefined;
      if (!transmission) {
        const agreed = await handshake.advance(bytes);
        if (agreed === 'closed') outcome = agreed;
        else if (agreed) begin(agreed);
      }
      outcome ??= transmission?.advance(bytes, advance);
      if (outcome === 'closed') socket.end();
      else if (transmission?.busy) socket.pause();
      else socket.resume();
    } catch (error) {
      fail(error);
    } finally {
      advancing = false;
    }
  };

  socket.setTimeout(handshakeTimeoutMs, () => fail(new ProtocolError('handshake timed out')));
  socket.on('data', (chunk) => {
    bytes.push(chunk);
    advance();
  });
  socket.on('drain', advance);
  // The client's death: what is still being read for it is dropped.
  socket.on('error', () => socket.destroy());
}
