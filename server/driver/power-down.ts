/**
 * How long a guest is given to shut itself down, by whoever presses its power button. What decides
 * is the monotonic clock: a step of the wall clock cuts nobody off.
 */
import type { Clock } from '../domain/identity.ts';

/** Then it is cut off; EC2 gives it a few minutes. */
export const powerDownGraceMs = 120_000;
/** A guest that is still booting does not hear the power button yet. */
export const powerButtonAgainMs = 10_000;

export class PowerDown {
  readonly #clock: Clock;
  readonly #untilMs: number;
  #pressedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * `since` is the wall clock's: how much of the grace time an Imago before this one may have
   * waited.
   */
  constructor(clock: Clock, since: Date) {
    this.#clock = clock;
    const waitedMs = clock.now().getTime() - since.getTime();
    const leftMs = Math.min(powerDownGraceMs, powerDownGraceMs - waitedMs);
    this.#untilMs = clock.monotonicMs() + Math.max(powerButtonAgainMs, leftMs);
  }

  get isOver(): boolean {
    return this.#clock.monotonicMs() >= this.#untilMs;
  }

  /** Whether to press the button now. */
  press(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#pressedAtMs < powerButtonAgainMs) return false;
    this.#pressedAtMs = nowMs;
    return true;
  }
}
