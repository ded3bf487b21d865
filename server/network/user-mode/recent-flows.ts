/**
 * Flows that were heard of lately, of protocols that have no connections: what may be answered for
 * a while. Bounded: the oldest are forgotten first.
 */

/** Twice what connection tracking gives one-way flows. */
const flowMs = 60_000;
/** Of one guest at a time: about 100 KB at most. */
const flowsMax = 1024;

export class RecentFlows {
  readonly #nowMs: () => number;
  /** When each was heard of last; in order of that. */
  readonly #flows = new Map<number, number>();

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  note(flow: number): void {
    this.#flows.delete(flow);
    this.#flows.set(flow, this.#nowMs());
    if (this.#flows.size <= flowsMax) return;
    const [oldest] = this.#flows.keys();
    if (oldest !== undefined) this.#flows.delete(oldest);
  }

  has(flow: number): boolean {
    const heardMs = this.#flows.get(flow);
    return heardMs !== undefined && this.#nowMs() - heardMs < flowMs;
  }
}
