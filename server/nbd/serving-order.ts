/**
 * Whose requests are answered next, in a thread that serves many guests: of those that wait the one
 * that has had the least (start-time fair queueing). What a guest did not ask for while others did
 * it has not saved up, but for a quantum. Little is answered in one turn of the event loop, so that
 * one who asks meanwhile is heard, and comes before those who have had more.
 */

/** What a request costs beside its bytes, as many bytes as are copied in that time. */
const requestCost = 8 * 1024;
/** Of a guest, before others may come: what it reads ahead, or its small requests of a turn. */
export const quantum = 256 * 1024;
/** In a turn, where nobody else waits: looking for others costs as well. */
const quantaAlone = 4;

export interface Waiting {
  /** What it has had, counted from what the others had when it began; the order's to change. */
  had: number;
  /** There is something to do for it. */
  readonly isReady: boolean;
  /** Does some of it, up to a quantum, and says what that cost. */
  serve(): number;
}

export function costOf(bytes: number): number {
  return requestCost + bytes;
}

export class ServingOrder {
  readonly #waiting = new Set<Waiting>();
  /** What the one who was served last had had before. */
  #now = 0;
  #scheduled = false;

  /** It is served for as long as it is ready. */
  add(guest: Waiting): void {
    if (this.#waiting.has(guest)) return;
    // Before those who had as much as the others and have been waiting already.
    guest.had = Math.max(guest.had, this.#now - quantum);
    this.#waiting.add(guest);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    for (let cost = 0; cost < this.#turnCost; ) {
      const guest = this.#next();
      if (!guest) return;
      this.#now = guest.had;
      const spent = guest.serve();
      guest.had += spent;
      cost += spent;
      if (!guest.isReady) this.#waiting.delete(guest);
    }
    if (this.#waiting.size > 0) this.#schedule();
  }

  get #turnCost(): number {
    return (this.#waiting.size > 1 ? 1 : quantaAlone) * quantum;
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    for (const each of this.#waiting) if (!next || each.had < next.had) next = each;
    return next;
  }
}
