/**
 * What one instance took over the last day: rates, by the minute for an hour and by five minutes
 * for 24 hours, in two rings of a fixed size. What is not known is NaN. A slot is named by its
 * number since 1970; it is the time that its values are of.
 */

export const figures = [
  'cpuPercent',
  'readBytes',
  'readOperations',
  'writtenBytes',
  'writeOperations',
  'receivedBytes',
  'receivedPackets',
  'sentBytes',
  'sentPackets',
] as const;

/** A rate a second each, but for `cpuPercent`: of one processor. */
export type Figures = Record<(typeof figures)[number], number>;

export const minuteMs = 60_000;
export const minutesOfSpan = 5;
export const spanMs = minutesOfSpan * minuteMs;
export const minutesKept = 60;
export const spansKept = 288;

export class Series {
  readonly #minutes = new Ring(minutesKept);
  readonly #spans = new Ring(spansKept);

  /** Of the minute that anything is known of last; -1 before. */
  get newest(): number {
    return this.#minutes.newest;
  }

  put(minute: number, values: Float32Array): void {
    this.#minutes.put(minute, values);
    const span = Math.floor(minute / minutesOfSpan);
    const first = span * minutesOfSpan;
    const known = Array.from({ length: minutesOfSpan }, (_, index) =>
      this.#minutes.at(first + index),
    );
    this.#spans.put(span, meanOf(known.filter((each) => each !== undefined)));
  }

  /** As it was kept: its minutes before `endMinute` are taken to have been alike. */
  restore(span: number, values: Float32Array, endMinute: number): void {
    const first = span * minutesOfSpan;
    for (let minute = first; minute < Math.min(first + minutesOfSpan, endMinute); minute++) {
      this.#minutes.put(minute, values);
    }
    this.#spans.put(span, values);
  }

  minute(slot: number): Float32Array | undefined {
    return this.#minutes.at(slot);
  }

  span(slot: number): Float32Array | undefined {
    return this.#spans.at(slot);
  }
}

class Ring {
  newest = -1;
  readonly #slots: number;
  readonly #values: Float32Array;

  constructor(slots: number) {
    this.#slots = slots;
    this.#values = new Float32Array(slots * figures.length).fill(Number.NaN);
  }

  /** What is older than all that is kept is dropped. */
  put(slot: number, values: Float32Array): void {
    if (slot <= this.newest - this.#slots) return;
    const missed = Math.min(slot - this.newest, this.#slots);
    for (let back = 0; back < missed; back++) this.#place(slot - back).fill(Number.NaN);
    this.newest = Math.max(this.newest, slot);
    this.#place(slot).set(values);
  }

  /** Undefined where nothing is known of it. */
  at(slot: number): Float32Array | undefined {
    if (slot > this.newest || slot <= this.newest - this.#slots) return undefined;
    const values = this.#place(slot);
    return values.every(Number.isNaN) ? undefined : values;
  }

  #place(slot: number): Float32Array {
    const start = (slot % this.#slots) * figures.length;
    return this.#values.subarray(start, start + figures.length);
  }
}

/** Of each figure, over those that know it. */
export function meanOf(all: readonly Float32Array[]): Float32Array {
  return Float32Array.from(figures, (_, index) => {
    const known = all.map((values) => values[index] ?? Number.NaN).filter((value) => value >= 0);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
