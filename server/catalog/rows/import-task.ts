/** Imports of disk files, as EC2's tasks of that name show them. */
import type { OwnedRow, Tags } from './row.ts';
import type { SnapshotEncryption } from './snapshot.ts';

export interface ImportTaskRow extends OwnedRow {
  state: 'active' | 'completed' | 'deleting' | 'deleted';
  /** What is being done, or why it ended as it did. */
  statusMessage?: string;
  /** 0 to 100. */
  progressPercent: number;
  description?: string;
  /** What its client says of how the file came to where it is. */
  clientData?: { comment?: string; uploadStart?: string; uploadEnd?: string; uploadSize?: number };
  /** What it becomes is sealed under that key of kms. Absent: it is plain. */
  encryption?: SnapshotEncryption;
  tags: Tags;
}

export interface ImportSnapshotTaskRow extends ImportTaskRow {
  disk: ImportedDisk;
}

export interface ImportImageTaskRow extends ImportTaskRow {
  /** As they are asked for; an OVA becomes its disks once they are known. */
  disks: ImportedDisk[];
  architecture: 'x86_64';
  bootMode?: 'legacy-bios' | 'uefi' | 'uefi-preferred';
  platform?: 'Linux' | 'Windows';
  licenseType?: 'BYOL';
  /** Once it is there. */
  imageId?: string;
}

export interface ImportedDisk {
  /** In EC2's word, such as `VMDK`. */
  format: string;
  description?: string;
  deviceName?: string;
  /** Where it comes from; absent: from the snapshot. */
  source?: ImportedFrom;
  /** Of the file. */
  fileBytes?: number;
  /** What it became, or, where there is no source, is. */
  snapshotId?: string;
}

/** By `url` or by folder and key, as it was asked for. */
export interface ImportedFrom {
  url?: string;
  folder?: string;
  key?: string;
}
