/** Replacements of root volumes, as EC2's tasks of that name show them. */
import type { OwnedRow, Tags } from './row.ts';

export interface RootReplacementRow extends OwnedRow {
  instanceId: string;
  /** `failed-detached`: neither the old root volume nor the new one is attached. */
  state: 'pending' | 'in-progress' | 'failing' | 'succeeded' | 'failed' | 'failed-detached';
  /** What the new root volume is made of, where it was asked for. */
  snapshotId?: string;
  imageId?: string;
  /** The volume that takes the root's place. */
  volumeId: string;
  /** It was there before, and stays when the replacement fails. */
  isOwnVolume?: true;
  replacedVolumeId: string;
  /** Of which the instance was before. */
  replacedImageId: string;
  deleteReplaced: boolean;
  completedAt?: string;
  tags: Tags;
}
