/**
 * Opens TCP connections to one guest, from the host's end of its cable. It deliberately has no port
 * of the host and is reached by no process but this one: segments come from the link, and leave
 * through `send`. What belongs to none of its connections is dropped, not refused, so that a guest
 * learns nothing by sending.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { type TcpSegment, tcpAck, tcpRst, tcpSyn } from './packets.ts';
import { TcpEndpoint, type TcpEndpointOptions } from './tcp-endpoint.ts';

/** Linux's own range of ports for connections that it opens. */
const ports = { first: 32_768, last: 60_999 };
/** At once: there is one who looks. */
const connectionsMax = 8;
/** A guest that boots drops what comes before it has its address. */
const synEveryMs = 250;
const synsMax = 8;

interface Dialed {
  port: number;
  initialSequence: number;
  answered: (answer: TcpSegment) => void;
}

export class TcpDialer {
  readonly #send: TcpEndpointOptions['send'];
  /** By the port of this side: until the guest has answered, and from then on. */
  readonly #dialed = new Map<number, Dialed | TcpEndpoint>();

  constructor(send: TcpEndpointOptions['send']) {
    this.#send = send;
  }

  async dial(port: number): Promise<TcpEndpoint> {
    const own = this.#freePort();
    const answer = Promise.withResolvers<TcpSegment>();
    const initialSequence = randomBytes(4).readUInt32BE();
    const dialed: Dialed = { port, initialSequence, answered: answer.resolve };
    this.#dialed.set(own, dialed);
    let syns = 0;
    const ask = () => {
      syns += 1;
      if (syns > synsMax || this.#dialed.get(own) !== dialed) {
        answer.reject(new Error('the guest does not answer'));
      } else this.#sendSyn(own, dialed);
    };
    const timer = setInterval(ask, synEveryMs);
    ask();
    try {
      const syn = await answer.promise;
      if (syn.flags & tcpRst) throw new Error('the guest refuses the connection');
      return this.#open(own, { syn, initialSequence, send: this.#send });
    } catch (error) {
      this.#dialed.delete(own);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  receive(segment: TcpSegment): void {
    const { targetPort, sourcePort, acknowledgment, flags } = segment;
    const dialed = this.#dialed.get(targetPort);
    if (dialed instanceof TcpEndpoint) {
      if (dialed.remotePort === sourcePort) dialed.receive(segment);
      return;
    }
    if (dialed?.port !== sourcePort || !(flags & tcpAck)) return;
    if (acknowledgment !== (dialed.initialSequence + 1) >>> 0) return;
    if (flags & (tcpSyn | tcpRst)) dialed.answered(segment);
  }

  close(): void {
    const all = [...this.#dialed.values()];
    this.#dialed.clear();
    for (const each of all) if (each instanceof TcpEndpoint) each.abort();
  }

  #open(own: number, options: TcpEndpointOptions): TcpEndpoint {
    // Its link may have been closed meanwhile.
    if (!this.#dialed.has(own)) throw new Error('the guest is not there any more');
    const connection = new TcpEndpoint(options);
    this.#dialed.set(own, connection);
    // Who looks has gone, or the guest has: neither is anybody's failure.
    connection.on('error', () => {});
    connection.on('close', () => connection.abort());
    connection.onGone = () => this.#dialed.delete(own);
    return connection;
  }

  #sendSyn(own: number, { port, initialSequence }: Dialed): void {
    const segment = { sourcePort: own, targetPort: port, sequence: initialSequence };
    const rest = { acknowledgment: 0, flags: tcpSyn, windowBytes: 65_535, mssBytes: 1460 };
    this.#send({ ...segment, ...rest, payload: Buffer.alloc(0) }, 64);
  }

  #freePort(): number {
    if (this.#dialed.size >= connectionsMax) throw new Error('the guest is being dialed already');
    for (;;) {
      const port = randomInt(ports.first, ports.last + 1);
      if (!this.#dialed.has(port)) return port;
    }
  }
}
