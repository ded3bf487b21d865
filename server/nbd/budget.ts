/**
 * What one guest may use of a thread that serves many, all its connections together: bytes that wait
 * for it, beyond which it is not listened to until it has taken some, and its turns (serving-order.ts),
 * which its connections take one after the other.
 */
import type { ServingOrder, Waiting } from './serving-order.ts';

/** A guest reads ahead by some megabytes; this is what one that asks and does not take costs. */
const unsentMaxBytes = 64 * 1024 * 1024;

export interface BudgetedConnection {
  /** Bytes that are being read for it, or wait in its socket. */
  readonly unsentBytes: number;
  /** Goes on with what it has been asked, as far as it may now, and says what that cost. */
  advance(): { cost: number; more: boolean };
}

export class GuestBudget implements Waiting {
  had = Number.NEGATIVE_INFINITY;
  readonly #order: ServingOrder;
  readonly #connections = new Set<BudgetedConnection>();
  /** Those that have something to do, in the order in which they have their turns. */
  readonly #ready = new Set<BudgetedConnection>();
  /** Somebody was told to wait for bytes. */
  #isAwaited = false;

  constructor(order: ServingOrder) {
    this.#order = order;
  }

  add(connection: BudgetedConnection): void {
    this.#connections.add(connection);
  }

  delete(connection: BudgetedConnection): void {
    this.#connections.delete(connection);
    this.#ready.delete(connection);
    this.released();
  }

  get hasRoom(): boolean {
    let unsentBytes = 0;
    for (const connection of this.#connections) unsentBytes += connection.unsentBytes;
    if (unsentBytes < unsentMaxBytes) return true;
    this.#isAwaited = true;
    return false;
  }

  /** It has something to do: it advances when it is its turn. False where it was waiting already. */
  ready(connection: BudgetedConnection): boolean {
    if (this.#ready.has(connection)) return false;
    this.#ready.add(connection);
    this.#order.add(this);
    return true;
  }

  get isReady(): boolean {
    return this.#ready.size > 0;
  }

  serve(): number {
    const [connection] = this.#ready;
    if (!connection) return 0;
    this.#ready.delete(connection);
    const { cost, more } = connection.advance();
    if (more) this.#ready.add(connection);
    return cost;
  }

  /** Bytes have gone: those that waited for it go on. */
  released(): void {
    if (!this.#isAwaited) return;
    this.#isAwaited = false;
    for (const connection of this.#connections) this.ready(connection);
  }
}
