/**
 * When plain bases come and go by themselves: one at a time for disks of guests that have run for a
 * while, as long as the operator's bound is kept and there is plenty of room; and away again, those
 * used least lately first, when the disk fills or the bound is passed. What was ordered goes last,
 * and only when the reserve itself is short. How either is done is plain-bases.ts's.
 */
import { statfsSync } from 'node:fs';
import type { BlockStores } from '../../blocks/block-stores.ts';
import type { Log } from '../../foundations/log.ts';
import { reservedDiskBytes } from '../disk-reserve.ts';
import { type DiskMeasures, plainBytesOf } from '../host.ts';
import type { PlainBases } from './plain-bases.ts';
import type { PlainFileStatus } from './plain-files.ts';

export interface PlainPolicy {
  /** What those that nobody ordered take at most, all in all; 0: there are none. */
  limitBytes: number;
  /** How long a guest has run before one is made for its disks: it boots first. */
  afterMs: number;
  lookMs: number;
}

export const usualPolicy: PlainPolicy = { limitBytes: 0, afterMs: 30_000, lookMs: 5000 };

/** Of what is free. */
const usualShare = 0.1;

export function usualPlainBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor(bavail * bsize * usualShare);
}

/** What could not be made is tried again then, and that blocks are gone is looked at as often. */
const againMs = 10 * 60_000;

export interface PlainRoundsServices {
  bases: PlainBases;
  blocks: BlockStores;
  measure(): Promise<DiskMeasures>;
  log: Log;
}

export class PlainRounds {
  readonly #services: PlainRoundsServices;
  readonly #policy: PlainPolicy;
  readonly #failedAtMs = new Map<string, number>();
  #lookedForGoneMs = performance.now();
  #timer?: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  #making?: Promise<void>;
  #closed = false;

  constructor(services: PlainRoundsServices, policy: Partial<PlainPolicy> = {}) {
    this.#services = services;
    this.#policy = { ...usualPolicy, ...policy };
  }

  start(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        .catch((error) => this.#services.log.warn('plain bases could not be looked at', { error }))
        .finally(() => this.start());
    }, this.#policy.lookMs).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#services.bases.stopQuiet();
    await Promise.all([this.#looking, this.#making]);
  }

  async #look(): Promise<void> {
    const { bases, measure } = this.#services;
    const measures = await measure();
    const reserveBytes = reservedDiskBytes(measures);
    const files = await bases.list();
    for (const { root, intact } of files) if (!intact) await bases.drop(root);
    const quiet = files.filter(({ kept }) => !kept);
    const isShort = measures.freeDiskBytes < reserveBytes * 2;
    if (isShort) bases.stopQuiet();
    if (isShort || plainBytesOf(quiet) > this.#policy.limitBytes) {
      const isEmpty = measures.freeDiskBytes < reserveBytes;
      const ordered = isEmpty ? files.filter(({ kept }) => kept) : [];
      for (const { root } of [...quiet, ...ordered]) if (await bases.drop(root)) return;
      return;
    }
    await this.#dropGone(files);
    if (this.#policy.limitBytes === 0) return;
    this.#making ??= this.#makeNext().finally(() => {
      this.#making = undefined;
    });
  }

  /** Their blocks are nowhere any more. */
  async #dropGone(files: readonly PlainFileStatus[]): Promise<void> {
    if (performance.now() - this.#lookedForGoneMs < againMs) return;
    this.#lookedForGoneMs = performance.now();
    const { bases, blocks } = this.#services;
    for (const { root } of files) {
      const found = await Promise.all(blocks.list().map(({ store }) => store.has(root)));
      if (!found.includes(true)) await bases.drop(root);
    }
  }

  /** Never rejects. */
  async #makeNext(): Promise<void> {
    const { afterMs, limitBytes } = this.#policy;
    const { bases, log } = this.#services;
    const nowMs = performance.now();
    for (const { base, sinceMs } of bases.wanted()) {
      const failedAtMs = this.#failedAtMs.get(base.root) ?? Number.NEGATIVE_INFINITY;
      if (nowMs - sinceMs < afterMs || nowMs - failedAtMs < againMs) continue;
      if (this.#closed) return;
      if (await bases.has(base).catch(() => false)) continue;
      try {
        await bases.makeQuietly(base, limitBytes);
      } catch (error) {
        // One that made way for what somebody ordered is soon tried again.
        if ((error as Error).name === 'AbortError') return;
        this.#failedAtMs.set(base.root, nowMs);
        log.info('a base stays with the data plane', { root: base.root, error });
      }
    }
  }
}
