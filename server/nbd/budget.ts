/**
 * What one guest may use of a process that serves many, all its connections together: bytes that
 * wait for it, and requests that are looked at in one turn of the event loop. Beyond it is not
 * listened to until it has taken some, or until the others had their turn.
 */

/** A guest reads ahead by some megabytes; this is what one that asks and does not take costs. */
const unsentMaxBytes = 64 * 1024 * 1024;
/** Two disks' worth of what QEMU has under way at most. */
const requestsPerTurn = 32;

export interface BudgetedConnection {
  /** Bytes that are being read for it, or wait in its socket. */
  readonly unsentBytes: number;
  /** Goes on with what it has been asked, as far as it may. */
  advance(): void;
}

export class GuestBudget {
  readonly #connections = new Set<BudgetedConnection>();
  #requestsLeft = requestsPerTurn;
  /** Somebody was told to wait for bytes. */
  #isAwaited = false;

  add(connection: BudgetedConnection): void {
    this.#connections.add(connection);
  }

  delete(connection: BudgetedConnection): void {
    this.#connections.delete(connection);
    this.released();
  }

  get hasRoom(): boolean {
    let unsentBytes = 0;
    for (const connection of this.#connections) unsentBytes += connection.unsentBytes;
    if (unsentBytes < unsentMaxBytes) return true;
    this.#isAwaited = true;
    return false;
  }

  /** False when there are no more in this turn. */
  takeRequest(): boolean {
    if (this.#requestsLeft === requestsPerTurn) {
      setImmediate(() => {
        this.#requestsLeft = requestsPerTurn;
      });
    }
    if (this.#requestsLeft === 0) return false;
    this.#requestsLeft -= 1;
    return true;
  }

  /** Bytes have gone: those that waited for it go on. */
  released(): void {
    if (!this.#isAwaited) return;
    this.#isAwaited = false;
    for (const connection of this.#connections) connection.advance();
  }
}
