/**
 * One TCP port of the host, piped to another: what comes in is read no faster than it is taken,
 * either way, and each side hears of the other's end as it would without anybody in between.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A peer that vanished without a word is noticed by the kernel after some minutes. */
const keepAliveMs = 60_000;

/** Connections of one guest, all its ports together. */
export interface ConnectionBudget {
  /** False where there is no more: the connection is refused. */
  take(): boolean;
  giveBack(): void;
}

export interface TcpPortOptions {
  hostIp: string;
  hostPort: number;
  /** Asked for each connection: it may change while connections are open. */
  innerPort: () => number;
  budget: ConnectionBudget;
}

export interface OpenPort {
  hostPort: number;
  /** Refuses from now on; connections go on. */
  close(): void;
}

export async function openTcpPort(options: TcpPortOptions): Promise<OpenPort> {
  const { hostIp, hostPort, innerPort, budget } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (outer) => {
    outer.on('error', () => {});
    if (!budget.take()) {
      outer.resetAndDestroy();
      return;
    }
    const target = { host: hostIp, port: innerPort() };
    const inner = connect({ ...target, allowHalfOpen: true, noDelay: true });
    join(outer, inner, () => budget.giveBack());
  });
  await listen(server, hostIp, hostPort);
  const address = server.address();
  return {
    hostPort: typeof address === 'object' && address ? address.port : hostPort,
    close: () => void server.close(),
  };
}

function join(outer: Socket, inner: Socket, onEnd: () => void): void {
  let open = 2;
  for (const [socket, other] of [
    [outer, inner],
    [inner, outer],
  ] as const) {
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('error', () => {});
    socket.once('close', (hadError) => {
      // A reset is passed on as one; after an orderly end what is still on its way arrives.
      if (hadError) other.resetAndDestroy();
      else other.destroySoon();
      open -= 1;
      if (open === 0) onEnd();
    });
    socket.pipe(other);
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // Such as EMFILE: that client is not served, the port stays.
      server.on('error', () => {});
      resolve();
    });
  });
}
