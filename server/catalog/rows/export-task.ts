/** Exports of images and instances to disk files, and images that are stored as one file each. */
import type { OwnedRow, Tags } from './row.ts';

export interface ExportTaskRow extends OwnedRow {
  state: 'active' | 'completed' | 'deleting' | 'deleted';
  statusMessage?: string;
  /** 0 to 100. */
  progressPercent: number;
  description?: string;
  format: 'RAW' | 'VHD' | 'VMDK';
  folder: string;
  /** What the files' names begin with. */
  prefix: string;
  tags: Tags;
}

export interface ExportImageTaskRow extends ExportTaskRow {
  imageId: string;
}

export interface ExportInstanceTaskRow extends ExportTaskRow {
  instanceId: string;
  /** Of its file. */
  key: string;
  /** Its disk is in one. */
  container?: 'ova';
  targetEnvironment: 'citrix' | 'microsoft' | 'vmware';
}

export interface StoreImageTaskRow extends OwnedRow {
  imageId: string;
  state: 'InProgress' | 'Completed' | 'Failed';
  failureReason?: string;
  progressPercent: number;
  folder: string;
  key: string;
}
