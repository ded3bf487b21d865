/**
 * What the rows of the catalog share: what Imago remembers about each noun, in EC2's vocabulary, a file a noun in this folder.
 * Plain data (JSON): no methods, no wire names of one protocol, no SQL. Rules about them live in domain/.
 * Times are ISO 8601 strings in UTC with milliseconds. Sizes say their unit in their name.
 */

/** What every row has. */
export interface Row {
  id: string;
  /** How often it was written, from 1. The catalog counts (../catalog.ts); a row that is not stored yet has none. */
  version?: number;
}

/** Most rows belong to an account and a region; `id` is unique across the whole catalog. */
export interface OwnedRow extends Row {
  account: string;
  region: string;
  createdAt: string;
}

export type Tags = Record<string, string>;

/** EC2's StateReason: `Code` such as `Client.UserInitiatedShutdown`, and a sentence. */
export interface StateReason {
  code: string;
  message: string;
}
