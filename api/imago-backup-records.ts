/**
 * The part of Imago's own contract (imago.ts) by which one Imago tells another what a backup is of,
 * when its blocks are there: EC2 and the EBS direct APIs have no place for it.
 */
import type { ServiceModel } from './model.ts';

export const backupRecordShapes = {
  GetBackupRecordRequest: { members: { BackupId: 'string' }, required: ['BackupId'] },
  GetBackupRecordResult: { members: { Record: 'string', SnapshotIds: 'StringList' } },
  PutBackupRecordRequest: {
    members: { BackupId: 'string', Record: 'string' },
    required: ['BackupId', 'Record'],
  },
} as const satisfies ServiceModel['shapes'];

export const backupRecordOperations = {
  GetBackupRecord: {
    input: 'GetBackupRecordRequest',
    output: 'GetBackupRecordResult',
    http: { input: { BackupId: 'label' } },
  },
  PutBackupRecord: {
    input: 'PutBackupRecordRequest',
    http: { input: { BackupId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const backupRecordRoutes = {
  GetBackupRecord: 'GET /imago/backups/{BackupId}/record',
  PutBackupRecord: 'PUT /imago/backups/{BackupId}/record',
} as const;

export interface GetBackupRecordRequest {
  /** An image or a snapshot, of the caller's own. */
  BackupId: string;
}

export interface GetBackupRecordResult {
  /**
   * JSON: of what it is a backup, when it was taken, and the machine with its user data, its tags
   * and its volumes. Keys are not in it.
   */
  Record: string;
  /** Of the snapshot of a boot disk: those that were taken with it and are here, itself first. */
  SnapshotIds: string[];
}

/**
 * Of what came as blocks alone: once. What was made here, or has been told, is known; the same again
 * changes nothing.
 */
export interface PutBackupRecordRequest {
  BackupId: string;
  /** As `GetBackupRecord` of another Imago tells it. */
  Record: string;
}

export interface BackupRecordInputs {
  GetBackupRecord: GetBackupRecordRequest;
  PutBackupRecord: PutBackupRecordRequest;
}

export interface BackupRecordOutputs {
  GetBackupRecord: GetBackupRecordResult;
  PutBackupRecord: unknown;
}
