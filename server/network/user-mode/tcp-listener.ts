/**
 * Hands the TCP segments of one guest to its connections with the metadata service, and opens and
 * reaps those. It deliberately listens on nothing: segments come from the link, and leave through
 * `send`.
 */
import { randomBytes } from 'node:crypto';
import type { MetadataConnection } from '../network.ts';
import { type TcpSegment, tcpAck, tcpFin, tcpRst, tcpSyn } from './packets.ts';
import { TcpEndpoint } from './tcp-endpoint.ts';

/**
 * Far above what cloud-init or an SDK opens at once; a guest that opens more has its SYN dropped,
 * and tries again.
 */
const connectionsMax = 128;
/**
 * A connection of which nothing was heard this long is gone: cloud-init tears its first network
 * down with connections open. Longer than the http server's keep-alive time, so that it ends the
 * living ones itself.
 */
const silenceMs = 60_000;

export interface TcpListenerOptions {
  send: (segment: TcpSegment, hops: number) => void;
  onConnection: (connection: MetadataConnection) => void;
  silenceMs?: number;
  retransmitMs?: number;
}

export class TcpListener {
  #options: TcpListenerOptions;
  /** By the guest's port: address and port of this side are fixed. */
  #connections = new Map<number, TcpEndpoint>();
  #reaper: NodeJS.Timeout;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
    const limitMs = options.silenceMs ?? silenceMs;
    this.#reaper = setInterval(() => this.#reap(limitMs), limitMs / 4);
    this.#reaper.unref();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  receive(segment: TcpSegment): void {
    const opens = (segment.flags & (tcpSyn | tcpAck | tcpRst)) === tcpSyn;
    const connection = this.#connections.get(segment.sourcePort);
    if (connection && (!opens || connection.isOpenedBy(segment))) {
      connection.receive(segment);
    } else if (opens) {
      // The guest forgot a connection and uses its port again.
      connection?.abort();
      this.#open(segment);
    } else if (!(segment.flags & tcpRst)) {
      this.#refuse(segment);
    }
  }

  close(): void {
    clearInterval(this.#reaper);
    for (const connection of this.#connections.values()) connection.abort();
  }

  #open(syn: TcpSegment): void {
    if (this.#connections.size >= connectionsMax) return;
    const { send, onConnection, retransmitMs } = this.#options;
    const initialSequence = randomBytes(4).readUInt32BE();
    const connection = new TcpEndpoint({ syn, initialSequence, send, retransmitMs });
    this.#connections.set(syn.sourcePort, connection);
    // Failures of a guest's connection concern nobody else; http has its own listener while it uses
    // it.
    connection.on('error', () => {});
    connection.onGone = () => {
      if (this.#connections.get(syn.sourcePort) === connection) {
        this.#connections.delete(syn.sourcePort);
      }
    };
    connection.onEstablished = () => onConnection(connection);
  }

  /** RFC 9293, 3.10.7.1: no such connection. */
  #refuse(segment: TcpSegment): void {
    const length = segment.payload.length + (segment.flags & tcpFin ? 1 : 0);
    const acknowledges = (segment.flags & tcpAck) !== 0;
    this.#options.send(
      {
        sourcePort: segment.targetPort,
        targetPort: segment.sourcePort,
        sequence: acknowledges ? segment.acknowledgment : 0,
        acknowledgment: acknowledges ? 0 : (segment.sequence + length) >>> 0,
        flags: acknowledges ? tcpRst : tcpRst | tcpAck,
        windowBytes: 0,
        payload: Buffer.alloc(0),
      },
      64,
    );
  }

  #reap(limitMs: number): void {
    const oldestMs = performance.now() - limitMs;
    for (const connection of this.#connections.values()) {
      if (connection.lastHeardMs < oldestMs) connection.abort();
    }
  }
}
