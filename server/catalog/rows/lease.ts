/** Leases: who drives what is on a host, and until when unless it says so again. */
import type { Row } from './row.ts';

/** `id` is the host's, `h-…`. */
export interface LeaseRow extends Row {
  /** The process that holds it. */
  owner: string;
  /** ISO 8601; past: free to be taken. */
  until: string;
  /** One more each time that it changes hands. */
  epoch: number;
  /** Rows of before hosts had ids were looked for and are the host's. */
  oldRowsClaimed?: true;
}
