/** Idempotent client tokens. */
import type { OwnedRow } from './row.ts';

/** Idempotent ClientToken: the same token with the same parameters answers the same resources. */
export interface ClientTokenRow extends OwnedRow {
  action: string;
  token: string;
  /** SHA-256 of the canonical parameters. */
  parametersDigest: string;
  resourceIds: string[];
  /** Its time began anew here, since its instances lived when it was over. */
  renewedAt?: string;
  /** Its instances are gone: it is kept for a day more, from `renewedAt`. */
  lastDay?: true;
}
