/**
 * How often an account may have something opened: some times at once, and a few a second after
 * that. Only callers that were verified are counted, so there are no more than accounts.
 */
export interface OpeningRate {
  atOnce: number;
  perSecond: number;
}

export class OpeningRates {
  readonly #rate: OpeningRate;
  readonly #left = new Map<string, { times: number; atMs: number }>();

  constructor(rate: OpeningRate) {
    this.#rate = rate;
  }

  /** Whether it may once more; that counts. */
  take(account: string, nowMs = performance.now()): boolean {
    const { atOnce, perSecond } = this.#rate;
    const { times, atMs } = this.#left.get(account) ?? { times: atOnce, atMs: nowMs };
    const left = Math.min(atOnce, times + ((nowMs - atMs) / 1000) * perSecond);
    const may = left >= 1;
    this.#left.set(account, { times: may ? left - 1 : left, atMs: nowMs });
    return may;
  }
}
