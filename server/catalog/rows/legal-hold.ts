/**
 * Legal holds: recovery points that nobody deletes, and no rule, whoever asks. The id is the one
 * that AWS Backup gives them, a UUID.
 */
import type { OwnedRow, Tags } from './row.ts';

export interface LegalHoldRow extends OwnedRow {
  title: string;
  description: string;
  status: 'ACTIVE' | 'CANCELED';
  /** Of each that is said one must be true; where nothing is said all are held. */
  selection: HoldSelection;
  cancelDescription?: string;
  cancelledAt?: string;
  /** Of a cancelled one: when its row goes. */
  retainedUntil?: string;
  tags: Tags;
}

export interface HoldSelection {
  vaultNames?: string[];
  /** ARNs of what the recovery points are of. */
  resourceArns?: string[];
  /** When they were made. */
  from?: string;
  to?: string;
}
