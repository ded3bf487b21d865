/**
 * What instances took over the last 24 hours: the host's counters, looked at every minute and made
 * into rates. A guest that does not answer has a gap, and so has one whose counters began again. It
 * waits for no request and no request waits for it.
 */
import type { Clock } from '../domain/identity.ts';
import type { Log } from '../foundations/log.ts';
import type { GuestUsage, Host } from '../host/host.ts';
import { SampleFiles } from './sample-files.ts';
import {
  type Figures,
  figures,
  meanOf,
  minuteMs,
  minutesOfSpan,
  Series,
  spanMs,
  spansKept,
} from './series.ts';

/**
 * Instances whose machines are gone keep what is known of them, so many of them; each takes about
 * 13 KB.
 */
const goneKept = 1000;
/** Counters that were looked at longer ago (the host slept) say nothing of a minute. */
const lookMaxMs = 5 * minuteMs;

export interface InstanceMetricsOptions {
  host: Pick<Host, 'usage'>;
  clock: Clock;
  /** Of the files that a restart is survived by. */
  folder: string;
  log: Log;
}

export interface Wanted {
  fromMs: number;
  toMs: number;
  /** Whole minutes. Of what is not a multiple of five an hour is known. */
  periodMs: number;
}

/** Figures that are not known are absent. */
export type Point = { timeMs: number } & Partial<Figures>;

export class InstanceMetrics {
  readonly #options: InstanceMetricsOptions;
  readonly #files: SampleFiles;
  readonly #series = new Map<string, Series>();
  #looked = new Map<string, { atMs: number; usage: GuestUsage }>();
  /** The last five minutes that were kept. */
  #kept: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: InstanceMetricsOptions) {
    this.#options = options;
    this.#files = new SampleFiles(options.folder);
  }

  /** Does not wait for what was kept: who asks before it is read sees less. */
  start(): void {
    this.#looking = this.#restore().then(() => this.look());
    this.#next();
  }

  /** Keeps what it knows of the minutes under way; for a host that is silent it does not wait. */
  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#keep(Math.floor(this.#nowMs / spanMs));
  }

  /** The counters as they are now, of the minute that has just ended. */
  async look(): Promise<void> {
    const { host, clock, log } = this.#options;
    try {
      const usage = await host.usage();
      if (this.#closed) return;
      const atMs = clock.monotonicMs();
      const minute = Math.round(this.#nowMs / minuteMs) - 1;
      for (const [instanceId, now] of usage) {
        const before = this.#looked.get(instanceId);
        if (!before || atMs <= before.atMs || atMs - before.atMs > lookMaxMs) continue;
        const values = ratesOf(before.usage, now, atMs - before.atMs);
        this.#seriesOf(instanceId).put(minute, values);
      }
      this.#looked = new Map([...usage].map(([id, now]) => [id, { atMs, usage: now }]));
      this.#dropGone();
      const ended = Math.floor((minute + 1) / minutesOfSpan) - 1;
      this.#kept ??= ended;
      if (ended > this.#kept) await this.#keep(ended);
    } catch (error) {
      log.warn('what guests take is not known', { error });
    }
  }

  /** Oldest first; times of which nothing is known are left out. */
  read(instanceId: string, { fromMs, toMs, periodMs }: Wanted): Point[] {
    const series = this.#series.get(instanceId);
    if (!series) return [];
    const bySpan = periodMs % spanMs === 0;
    const slotMs = bySpan ? spanMs : minuteMs;
    const slots = periodMs / slotMs;
    const points: Point[] = [];
    // Nothing is known that is older than a day.
    const first = Math.max(fromMs, this.#nowMs - spansKept * spanMs);
    for (let at = Math.floor(first / periodMs); at * periodMs < toMs; at++) {
      const known = Array.from({ length: slots }, (_, index) => at * slots + index)
        .map((slot) => (bySpan ? series.span(slot) : series.minute(slot)))
        .filter((values) => values !== undefined);
      if (known.length > 0) points.push({ timeMs: at * periodMs, ...figuresOf(meanOf(known)) });
    }
    return points;
  }

  get #nowMs(): number {
    return this.#options.clock.now().getTime();
  }

  /** At the next full minute, but for one that is about to begin. */
  #next(): void {
    const leftMs = minuteMs - (this.#nowMs % minuteMs);
    const waitMs = leftMs < minuteMs / 2 ? leftMs + minuteMs : leftMs;
    this.#timer = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.look());
      void this.#looking.then(() => this.#closed || this.#next());
    }, waitMs).unref();
  }

  async #restore(): Promise<void> {
    const endMinute = Math.floor(this.#nowMs / minuteMs);
    try {
      for await (const { instanceId, span, values } of this.#files.read(this.#nowMs)) {
        this.#seriesOf(instanceId).restore(span, values, endMinute);
      }
      this.#dropGone();
    } catch (error) {
      this.#options.log.warn('metrics of before the start are not known', { error });
    }
  }

  async #keep(span: number): Promise<void> {
    this.#kept = span;
    const samples = [...this.#series].flatMap(([instanceId, series]) => {
      const values = series.span(span);
      return values ? [{ instanceId, values }] : [];
    });
    await this.#files
      .append(span, samples)
      .catch((error) => this.#options.log.warn('metrics are not kept over a restart', { error }));
  }

  #seriesOf(instanceId: string): Series {
    const known = this.#series.get(instanceId) ?? new Series();
    this.#series.set(instanceId, known);
    return known;
  }

  #dropGone(): void {
    const gone = [...this.#series].filter(([instanceId]) => !this.#looked.has(instanceId));
    if (gone.length <= goneKept) return;
    gone.sort(([, one], [, other]) => other.newest - one.newest);
    for (const [instanceId] of gone.slice(goneKept)) this.#series.delete(instanceId);
  }
}

function ratesOf(before: GuestUsage, now: GuestUsage, tookMs: number): Float32Array {
  const [one, other] = [countersOf(before), countersOf(now)];
  return Float32Array.from(figures, (figure) => {
    const grown = other[figure] - one[figure];
    // It began again, or is not known.
    if (!(grown >= 0)) return Number.NaN;
    return figure === 'cpuPercent' ? (100 * grown) / tookMs : (1000 * grown) / tookMs;
  });
}

function countersOf({ cpuMs, traffic, ...disks }: GuestUsage): Figures {
  const unknown = Number.NaN;
  return {
    cpuPercent: cpuMs,
    ...disks,
    receivedBytes: traffic?.receivedBytes ?? unknown,
    receivedPackets: traffic?.receivedPackets ?? unknown,
    sentBytes: traffic?.sentBytes ?? unknown,
    sentPackets: traffic?.sentPackets ?? unknown,
  };
}

/** Hundredths are far below what is exact. */
function figuresOf(values: Float32Array): Partial<Figures> {
  const known = figures.flatMap((figure, index) => {
    const value = values[index] ?? Number.NaN;
    return Number.isNaN(value) ? [] : [[figure, Math.round(value * 100) / 100] as const];
  });
  return Object.fromEntries(known);
}
