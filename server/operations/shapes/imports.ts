/** Imports of disk files as EC2 shows them. */
import type {
  ImportImageTask,
  SnapshotDetail,
  SnapshotTaskDetail,
} from '../../../api/generated/ec2-types.ts';
import type {
  ImportedDisk,
  ImportedFrom,
  ImportImageTaskRow,
  ImportSnapshotTaskRow,
  ImportTaskRow,
} from '../../catalog/rows/import-task.ts';
import { encryptionArn } from '../../domain/kms-keys.ts';
import { usageOperation } from '../../domain/platforms.ts';
import { tagList } from './tags.ts';

export function importSnapshotShape(row: ImportSnapshotTaskRow) {
  return {
    ImportTaskId: row.id,
    Description: row.description,
    SnapshotTaskDetail: snapshotDetail(row),
    Tags: tagList(row.tags),
  };
}

function snapshotDetail(row: ImportSnapshotTaskRow): SnapshotTaskDetail {
  const { disk } = row;
  return {
    Description: disk.description,
    DiskImageSize: disk.fileBytes,
    Encrypted: row.encryption !== undefined,
    Format: disk.format,
    KmsKeyId: encryptionArn(row),
    Progress: progressOf(row),
    SnapshotId: disk.snapshotId,
    Status: row.state,
    StatusMessage: row.statusMessage,
    ...sourceShape(disk.source),
  };
}

/** Of what is under way. */
export function progressOf({ state, progressPercent }: ImportTaskRow): string | undefined {
  return state === 'active' ? String(progressPercent) : undefined;
}

/** As it was asked for. */
export function sourceShape({ url, folder, key }: ImportedFrom = {}) {
  if (url !== undefined) return { Url: url };
  return folder === undefined ? {} : { UserBucket: { S3Bucket: folder, S3Key: key } };
}

export function importImageShape(row: ImportImageTaskRow): ImportImageTask {
  return {
    ImportTaskId: row.id,
    Architecture: row.architecture,
    BootMode: row.bootMode,
    Description: row.description,
    Encrypted: row.encryption !== undefined,
    Hypervisor: 'xen',
    ImageId: row.imageId,
    KmsKeyId: encryptionArn(row),
    LicenseType: row.licenseType,
    Platform: row.platform,
    Progress: progressOf(row),
    SnapshotDetails: row.disks.map((disk) => imageDiskShape(disk, row)),
    Status: row.state,
    StatusMessage: row.statusMessage,
    Tags: tagList(row.tags),
    UsageOperation: row.imageId && usageOperation(imagePlatform(row)),
  };
}

function imagePlatform({ platform }: ImportImageTaskRow) {
  return platform === 'Windows' ? ({ platform: 'windows' } as const) : {};
}

function imageDiskShape(disk: ImportedDisk, row: ImportImageTaskRow): SnapshotDetail {
  return {
    Description: disk.description,
    DeviceName: disk.deviceName,
    DiskImageSize: disk.fileBytes,
    Format: disk.format,
    SnapshotId: disk.snapshotId,
    Status: row.state,
    ...sourceShape(disk.source),
  };
}
