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
  /**
   * What was asked for, and is held to. Without either the volume has what its type has at least
   * (domain/volume-types.ts), and nothing is held back.
   */
  iops?: number;
  throughputMiBps?: number;
  snapshotId?: string;
  /** Its snapshot was enabled for fast restores when it was made. */
  fastRestored?: true;
  /** The volume that it is a copy of. */
  sourceVolumeId?: string;
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
  /** Absent: nothing of it is encrypted. Its layers are, and its base may be. */
  encryption?: { keyId: string };
  /** The newest of its modifications; absent: it is as it was made. */
  modification?: VolumeModification;
  /** Of EC2's attribute of that name. */
  autoEnableIo?: true;
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
  /** Of its blocks: the volume's own key. Absent: they are plain. */
  encryption?: Encryption;
}

/** How sealed blocks are opened. */
export interface Encryption {
  /** A key of kms. */
  keyId: string;
  /** Its account, where that is another than the row's. */
  keyOwner?: string;
  /**
   * A ciphertext of that key, base64: the data key of another, under which the blocks were sealed
   * before. Absent: they are sealed under the key's own.
   */
  dataKey?: string;
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
  /**
   * Absent: it is a disk of its machine, or will be at the next start. `busy`: the guest was asked
   * to let go of it, and has not done so yet.
   */
  state?: 'attaching' | 'detaching' | 'busy';
  /** It is pulled, whether the guest lets go of it or not. */
  force?: true;
}

/** What of a volume can be modified. */
export interface VolumeFigures {
  sizeGiB: number;
  volumeType: string;
  iops?: number;
  throughputMiBps?: number;
}

/** The row has the new figures from the start; `modifying` until its machine has them, too. */
export interface VolumeModification {
  state: 'modifying' | 'completed';
  from: VolumeFigures;
  to: VolumeFigures;
  startedAt: string;
  endedAt?: string;
  /** When those before it were started, as far as they still count. */
  earlier: string[];
}
