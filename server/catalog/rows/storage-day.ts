/** What the block stores held, day by day. */
import type { Row } from './row.ts';

/** Its id is the day, of UTC: `2026-11-26`. */
export interface StorageDayRow extends Row {
  measuredAt: string;
  /** Of all blocks that somebody needs, as they are stored. */
  neededBytes: number;
  /** Those that need most. */
  accounts: AccountBytes[];
}

export interface AccountBytes {
  account: string;
  /** Of the blocks that it needs, each once. */
  storedBytes: number;
  /** Of those that no other account needs. */
  exclusiveBytes: number;
}
