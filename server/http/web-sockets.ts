/**
 * WebSockets: a connection that a dispatcher has let in, joined to what is at its other end. Frames
 * are bytes of a stream, in whatever pieces; text is not told from binary. Whoever does not answer
 * a ping is gone (pings.ts), and a connection on which nothing moves is closed, as is one whose
 * caller may not ask for it any more.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import { SenderLeftError } from './body.ts';
import { type OpeningRate, OpeningRates } from './opening-rate.ts';
import { Pings } from './pings.ts';

export interface WebSocketLimits {
  frameMaxBytes: number;
  connectionsMax: number;
  /** So that one account leaves others some. */
  ofAccountMax: number;
  /** How often an account may open one. */
  opens: OpeningRate;
  pingMs: number;
  idleMs: number;
}

/** RFC 6455: going away, and policy violation. */
const goingAway = 1001;
const notAllowed = 1008;
/** Free for applications from 4000 on. */
const idleTooLong = 4000;

interface Place {
  account: string;
  /** Whether its caller's key is still good. */
  isGood(): Promise<boolean>;
  end(): void;
}

export class WebSockets {
  readonly #limits: WebSocketLimits;
  readonly #server: WebSocketServer;
  /** Connections that are open, or that a verified caller has asked for. */
  readonly #places = new Map<Duplex, Place>();
  readonly #rates: OpeningRates;

  constructor(limits: WebSocketLimits) {
    this.#limits = limits;
    this.#rates = new OpeningRates(limits.opens);
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.frameMaxBytes,
      perMessageDeflate: false,
    });
  }

  /** Whether there is a place; the connection has it until it is closed, or refused. */
  take(socket: Duplex, { account, isGood }: Pick<Place, 'account' | 'isGood'>): boolean {
    if (socket.destroyed) throw new SenderLeftError();
    const { connectionsMax, ofAccountMax } = this.#limits;
    const ofAccount = [...this.#places.values()].filter((place) => place.account === account);
    if (this.#places.size >= connectionsMax || ofAccount.length >= ofAccountMax) return false;
    if (!this.#rates.take(account)) return false;
    this.#places.set(socket, { account, isGood, end: () => socket.destroy() });
    socket.once('close', () => this.#places.delete(socket));
    return true;
  }

  refuse(socket: Duplex): void {
    this.#places.delete(socket);
  }

  join(message: IncomingMessage, socket: Duplex, head: Buffer, other: Duplex): void {
    // A handshake that is refused ends here, and so does what was opened for it.
    socket.once('close', () => other.destroy());
    if (socket.destroyed) other.destroy();
    this.#server.handleUpgrade(message, socket, head, (webSocket) => {
      this.#pipe(webSocket, other);
      // Of an HTTP server it is one of the network's.
      const pings = new Pings(webSocket, socket as Socket);
      this.#watch(webSocket, other, pings, this.#places.get(socket));
    });
  }

  /** Ends those whose callers may not ask any more. */
  async check(): Promise<void> {
    await Promise.all([...this.#places.values()].map(endUnlessGood));
  }

  close(): void {
    for (const webSocket of this.#server.clients) webSocket.close(goingAway);
  }

  terminate(): void {
    for (const webSocket of this.#server.clients) webSocket.terminate();
  }

  #pipe(webSocket: WebSocket, other: Duplex): void {
    const near = createWebSocketStream(webSocket);
    near.pipe(other);
    other.pipe(near);
    other.on('error', () => near.destroy());
    other.on('close', () => near.end());
    near.on('error', () => other.destroy());
    near.on('close', () => other.destroy());
  }

  #watch(webSocket: WebSocket, other: Duplex, pings: Pings, place: Place | undefined): void {
    if (place) {
      place.end = () => {
        webSocket.close(notAllowed, 'the access key is not active any more');
        // Nothing more goes to it, whether or not the client takes note.
        other.destroy();
      };
    }
    let movedMs = performance.now();
    const moved = () => {
      movedMs = performance.now();
    };
    webSocket.on('message', moved);
    other.on('data', moved);
    const timer = setInterval(() => {
      if (pings.isGone) webSocket.terminate();
      else if (performance.now() - movedMs > this.#limits.idleMs) {
        webSocket.close(idleTooLong, 'nothing was said for too long');
      } else {
        pings.send();
        // Another Imago may have changed accounts in a catalog that is shared.
        if (place) void endUnlessGood(place);
      }
    }, this.#limits.pingMs);
    webSocket.once('close', () => clearInterval(timer));
  }
}

/** While the catalog cannot be asked it goes on. */
async function endUnlessGood(place: Place): Promise<void> {
  if (!(await place.isGood().catch(() => true))) place.end();
}
