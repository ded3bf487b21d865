/** Snapshots. */
import type { OwnedRow, Tags } from './row.ts';

export interface SnapshotRow extends OwnedRow {
  state: 'pending' | 'completed' | 'error';
  stateMessage?: string;
  description: string;
  volumeId: string;
  volumeSizeGiB: number;
  /** 0 to 100. */
  progressPercent: number;
  startedAt: string;
  completedAt?: string;
  /** Root digest of the block map; present exactly when `state` is `completed`. */
  root?: string;
  /** Bytes of non-zero blocks that the map names. */
  fullSizeBytes?: number;
  /**
   * While `pending`, from the pivot on: the snapshot is the volume's base and its layers below this
   * number.
   */
  cutLayer?: number;
  ownerAlias?: string;
  tags: Tags;
}
