/**
 * One UDP port of the host, passed on to another: each peer has a socket of its own behind it, by
 * which answers find the way back. A peer of which nothing is heard is forgotten.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { ConnectionBudget, OpenPort } from './tcp-port.ts';

/** As long as user-mode networks remember a flow. */
const flowMs = 120_000;
/** Datagrams that the kernel has not taken; beyond, they are lost, as on any network. */
const unsentMaxBytes = 256 * 1024;

export interface UdpPortOptions {
  hostIp: string;
  hostPort: number;
  innerPort: () => number;
  budget: ConnectionBudget;
}

interface Flow {
  socket: Socket;
  timer: NodeJS.Timeout;
}

export async function openUdpPort(options: UdpPortOptions): Promise<OpenPort> {
  const { hostIp, hostPort, innerPort, budget } = options;
  const outer = createSocket('udp4');
  const flows = new Map<string, Flow>();
  outer.on('message', (message, peer) => {
    const flow = flows.get(nameOf(peer)) ?? begin(peer);
    flow?.timer.refresh();
    if (flow) send(flow.socket, message, innerPort(), hostIp);
  });

  const begin = (peer: RemoteInfo): Flow | undefined => {
    if (!budget.take()) return undefined;
    const socket = createSocket('udp4');
    const end = () => {
      if (!flows.delete(nameOf(peer))) return;
      clearTimeout(timer);
      socket.close();
      budget.giveBack();
    };
    const timer = setTimeout(end, flowMs);
    timer.unref();
    const flow = { socket, timer };
    flows.set(nameOf(peer), flow);
    socket.on('message', (message, from) => {
      if (from.address !== hostIp || from.port !== innerPort()) return;
      timer.refresh();
      send(outer, message, peer.port, peer.address);
    });
    socket.on('error', end);
    return flow;
  };

  await new Promise<void>((resolve, reject) => {
    outer.once('error', reject);
    outer.bind(hostPort, hostIp, () => {
      outer.off('error', reject);
      outer.on('error', () => {});
      resolve();
    });
  });
  return {
    hostPort: outer.address().port,
    close: () => {
      for (const flow of flows.values()) flow.socket.emit('error', new Error('closed'));
      outer.close();
    },
  };
}

function nameOf({ address, port }: RemoteInfo): string {
  return `${address}:${port}`;
}

function send(socket: Socket, message: Buffer, port: number, address: string): void {
  if (socket.getSendQueueSize() > unsentMaxBytes) return;
  // A peer that is not there any more is no failure of ours.
  socket.send(message, port, address, () => {});
}
