/**
 * Which connections are kept when there are many. One on which no signature has been verified yet
 * costs its maker nothing, so there are few of them at a time and the oldest goes first: whoever
 * opens a thousand and says nothing drops their own, while a client that signs is through in
 * milliseconds and is safe from then on.
 */
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  /** Bounds memory and file descriptors. */
  max: number;
  unprovenMax: number;
}

interface Use {
  proven: boolean;
  /** Requests that are being answered. */
  busy: number;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  /** In the order of their arrival, or of their last request. */
  readonly #uses = new Map<Socket, Use>();
  #unproven = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Makes room for it; or there is none, and it goes itself. */
  add(socket: Socket): void {
    const { max, unprovenMax } = this.#limits;
    if (this.#unproven >= unprovenMax || this.#uses.size >= max) {
      const leaving = this.#dispensable();
      if (!leaving) {
        socket.destroy();
        return;
      }
      this.#forget(leaving);
      leaving.destroy();
    }
    this.#uses.set(socket, { proven: false, busy: 0 });
    this.#unproven++;
    socket.once('close', () => this.#forget(socket));
  }

  proven(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (!use || use.proven) return;
    use.proven = true;
    this.#unproven--;
  }

  /** A request begins. */
  begin(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (!use) return;
    use.busy++;
    this.#uses.delete(socket);
    this.#uses.set(socket, use);
  }

  end(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (use) use.busy--;
  }

  #dispensable(): Socket | undefined {
    let unproven: Socket | undefined;
    let idle: Socket | undefined;
    for (const [socket, use] of this.#uses) {
      if (use.proven) {
        if (use.busy === 0) idle ??= socket;
      } else if (use.busy === 0) return socket;
      else unproven ??= socket;
    }
    return unproven ?? idle;
  }

  #forget(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (!use) return;
    this.#uses.delete(socket);
    if (!use.proven) this.#unproven--;
  }
}
