/** Volumes, their layers and where they are attached. */
import type { OwnedRow, Tags } from './row.ts';

/**
 * A volume's bytes = its layers (qcow2 files, lowest first, the last one is written by the guest)
 * over its base (the block map of a snapshot, or nothing = zeros). One layer, except while a
 * capture is being uploaded.
 */
export interface VolumeRow extends OwnedRow {
  state: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  sizeGiB: number;
  volumeType: string;
  snapshotId?: string;
  /** Of its snapshot: what is made of it is of them too. */
  productCodes?: string[];
  availabilityZone: string;
  base?: VolumeBase;
  /** Being put in place of the base and the layers below a cut: the machine may read either now. */
  nextBase?: VolumeBase;
  /**
   * What `nextBase` was before, where that rebase failed: the machine may have done it all the
   * same.
   */
  formerBases?: VolumeBase[];
  layers: VolumeLayer[];
  /** Number for the next layer file; only grows, so that a file name is never used twice. */
  nextLayer: number;
  attachment?: VolumeAttachment;
  /** Where its layers are; absent in old rows until start-up fills it in. */
  host?: string;
  tags: Tags;
}

/** One that was deleted and is in the recycle bin, its files where they were. */
export interface RecycledVolumeRow extends VolumeRow {
  recycledAt: string;
  /** When it leaves. */
  recycledUntil: string;
}

export interface VolumeBase {
  /** Root digest of a block map. */
  root: string;
  sizeBytes: number;
}

/** File `volumes/<volume id>/<number>.qcow2` in the home folder. */
export interface VolumeLayer {
  number: number;
  /**
   * Its file may not be there, or not outlive a power cut: written down before it is made, and
   * until it is known to be synced.
   */
  fresh?: true;
}

export interface VolumeAttachment {
  instanceId: string;
  deviceName: string;
  /** Position of the disk in the machine; 0 is the boot disk. */
  index: number;
  deleteOnTermination: boolean;
  attachedAt: string;
}
