/** Fast snapshot restores: a snapshot whose bytes are kept as a plain base, asked for in a zone. */
import type { OwnedRow } from './row.ts';

export interface FastRestoreRow extends OwnedRow {
  snapshotId: string;
  availabilityZone: string;
  state: 'enabling' | 'optimizing' | 'enabled' | 'disabling' | 'disabled';
  /** Why it is disabled although nobody asked for that. */
  failure?: string;
  /** Of the snapshot, which may be deleted meanwhile. */
  root: string;
  sizeBytes: number;
  /** When it came to each state; `createdAt` is that of `enabling`. */
  optimizingAt?: string;
  enabledAt?: string;
  disablingAt?: string;
  disabledAt?: string;
}
