/** More disk files that come and go, and more volumes that are modified, than there is on a page. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateStoreImageTaskCommand,
  CreateVolumeCommand,
  DescribeExportImageTasksCommand,
  DescribeImportImageTasksCommand,
  DescribeImportSnapshotTasksCommand,
  DescribeStoreImageTasksCommand,
  DescribeVolumesModificationsCommand,
  type EC2Client,
  ExportImageCommand,
  ImportImageCommand,
  ImportSnapshotCommand,
  ModifyVolumeCommand,
  waitUntilVolumeAvailable,
} from '@aws-sdk/client-ec2';
import { until } from '../support/until.ts';

/** By the API the folder that disk files come from and go to. */
export const S3Bucket = 'disks';

const container = { Format: 'RAW', UserBucket: { S3Bucket, S3Key: 'disk.raw' } };

/** What comes and goes many times over is small; it answers the snapshot, which may be pending. */
export async function importSmallDisk(ec2: EC2Client, folder: string): Promise<string> {
  writeFileSync(path.join(folder, 'disk.raw'), Buffer.alloc(1024 ** 2, 1));
  const order = new ImportSnapshotCommand({ DiskContainer: container });
  const { ImportTaskId = '' } = await ec2.send(order);
  let made: string | undefined;
  await until('it has a snapshot', async () => {
    const list = new DescribeImportSnapshotTasksCommand({ ImportTaskIds: [ImportTaskId] });
    const { ImportSnapshotTasks: [task] = [] } = await ec2.send(list);
    made = task?.SnapshotTaskDetail?.SnapshotId;
    return made !== undefined;
  });
  return made ?? '';
}

export async function makeLongTransfers(
  ec2: EC2Client,
  imageIds: readonly string[],
): Promise<void> {
  const [ImageId] = imageIds;
  for (const [number, id] of imageIds.entries()) {
    await ec2.send(new ImportSnapshotCommand({ DiskContainer: container }));
    // Nothing in it boots, so that each ends with a message.
    await ec2.send(new ImportImageCommand({ DiskContainers: [container] }));
    const S3ExportLocation = { S3Bucket, S3Prefix: `${number}/` };
    const disk = { ImageId, DiskImageFormat: 'VMDK' as const, S3ExportLocation };
    await ec2.send(new ExportImageCommand(disk));
    await ec2.send(new CreateStoreImageTaskCommand({ ImageId: id, Bucket: S3Bucket }));
  }
  await modifyVolumes(ec2, imageIds.length);
  await until('all of them have ended', () => haveEnded(ec2));
}

async function modifyVolumes(ec2: EC2Client, count: number): Promise<void> {
  const volume = { AvailabilityZone: 'us-east-1a', Size: 1 };
  const soon = { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 60 };
  for (let made = 0; made < count; made++) {
    const { VolumeId = '' } = await ec2.send(new CreateVolumeCommand(volume));
    await waitUntilVolumeAvailable(soon, { VolumeIds: [VolumeId] });
    await ec2.send(new ModifyVolumeCommand({ VolumeId, Size: 2 }));
  }
}

/** Lists that change by themselves are not compared. */
async function haveEnded(ec2: EC2Client): Promise<boolean> {
  const exports = await ec2.send(new DescribeExportImageTasksCommand({}));
  const images = await ec2.send(new DescribeImportImageTasksCommand({}));
  const snapshots = await ec2.send(new DescribeImportSnapshotTasksCommand({}));
  const stored = await ec2.send(new DescribeStoreImageTasksCommand({}));
  const modified = await ec2.send(new DescribeVolumesModificationsCommand({}));
  const states = [
    ...(exports.ExportImageTasks ?? []).map(({ Status }) => Status),
    ...(images.ImportImageTasks ?? []).map(({ Status }) => Status),
    ...(snapshots.ImportSnapshotTasks ?? []).map((task) => task.SnapshotTaskDetail?.Status),
    ...(stored.StoreImageTaskResults ?? []).map(({ StoreTaskState }) => StoreTaskState),
    ...(modified.VolumesModifications ?? []).map(({ ModificationState }) => ModificationState),
  ];
  return states.every((state) => /^(completed|deleted)$/i.test(state ?? ''));
}
