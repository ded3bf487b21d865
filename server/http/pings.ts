/**
 * Whether somebody is at the other end of a WebSocket still, by the answers to pings. In a flood a
 * ping waits behind what was sent before it, in buffers that nobody can look into: so an answer may
 * take the time in which who reads slowly reads that.
 */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** Who takes less of a flood counts as gone. */
const slowestBytesPerMs = 16;

interface Ping {
  sentMs: number;
  /** All that was sent before it. */
  bytes: number;
}

export class Pings {
  readonly #webSocket: WebSocket;
  readonly #socket: Pick<Socket, 'bytesWritten'>;
  /** Without an answer so far, the oldest first. */
  readonly #waiting: Ping[] = [];
  /** What has arrived for sure. */
  #takenBytes = 0;

  constructor(webSocket: WebSocket, socket: Pick<Socket, 'bytesWritten'>) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    webSocket.on('pong', () => {
      this.#takenBytes = this.#waiting.shift()?.bytes ?? this.#takenBytes;
    });
  }

  send(): void {
    this.#waiting.push({ sentMs: performance.now(), bytes: this.#socket.bytesWritten });
    this.#webSocket.ping();
  }

  /** Asked at the time of the next ping. */
  get isGone(): boolean {
    const [oldest] = this.#waiting;
    if (!oldest) return false;
    const waitMs = (oldest.bytes - this.#takenBytes) / slowestBytesPerMs;
    return performance.now() - oldest.sentMs > waitMs;
  }
}
