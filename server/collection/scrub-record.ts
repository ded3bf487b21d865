/**
 * What the scrubber writes down with the blocks of a store, so that a restart goes on where it was,
 * and so that it can be shown which blocks were read, and when.
 */
import type { BlockStore, Digest } from '../blocks/block-store.ts';

export interface DamagedBlock {
  digest: Digest;
  detail: string;
  since: string;
}

export interface ScrubRecord {
  /** Counted from 1. */
  round: number;
  startedAt: string;
  /** Blocks that there were at its beginning. */
  totalBlocks: number;
  /** Read in this round. */
  blocks: number;
  bytes: number;
  /** Every block whose digest is not after this one has been read in this round. */
  upTo: Digest | '';
  /** The last round that was ended: every block that was there at its beginning was read in it. */
  ended?: { round: number; startedAt: string; endedAt: string; blocks: number; bytes: number };
  /** Read on this day and the one before, of UTC. */
  day: string;
  today: number;
  yesterday: number;
  damaged: DamagedBlock[];
}

const noteName = 'scrub';

/** One that is lost or cannot be understood begins anew. */
export async function readScrubRecord(store: BlockStore): Promise<ScrubRecord | undefined> {
  const bytes = await store.readNote(noteName);
  try {
    const record = bytes && (JSON.parse(bytes.toString()) as Partial<ScrubRecord>);
    const isWhole = Number.isSafeInteger(record?.round) && Array.isArray(record?.damaged);
    return isWhole ? (record as ScrubRecord) : undefined;
  } catch {
    return undefined;
  }
}

export async function writeScrubRecord(store: BlockStore, record: ScrubRecord): Promise<void> {
  await store.writeNote(noteName, Buffer.from(JSON.stringify(record)));
}

export function newRound(
  before: ScrubRecord | undefined,
  { now, totalBlocks }: { now: Date; totalBlocks: number },
): ScrubRecord {
  const { round = 0, day = '', today = 0, yesterday = 0, damaged = [], ended } = before ?? {};
  const startedAt = now.toISOString();
  return {
    round: round + 1,
    startedAt,
    totalBlocks,
    blocks: 0,
    bytes: 0,
    upTo: '',
    ended,
    day,
    today,
    yesterday,
    damaged,
  };
}

/** One more block was read. */
export function noteRead(record: ScrubRecord, digest: Digest, bytes: number, now: Date): void {
  countToday(record, now);
  record.blocks++;
  record.bytes += bytes;
  record.upTo = digest;
}

export function countToday(
  record: { day: string; today: number; yesterday: number },
  now: Date,
): void {
  const day = now.toISOString().slice(0, 10);
  if (record.day !== day) {
    const dayBefore = new Date(now.getTime() - 24 * 3_600_000).toISOString().slice(0, 10);
    record.yesterday = record.day === dayBefore ? record.today : 0;
    record.today = 0;
    record.day = day;
  }
  record.today++;
}
