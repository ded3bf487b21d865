/** An instance's disk as a file, while it runs; its snapshot does not stay. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { CreateInstanceExportTaskRequest } from '../../api/generated/ec2-types.ts';
import { cancelExportTask } from '../operations/ec2/exports/CancelExportTask.ts';
import { createInstanceExportTask } from '../operations/ec2/exports/CreateInstanceExportTask.ts';
import { describeExportTasks } from '../operations/ec2/exports/DescribeExportTasks.ts';
import { importImage } from '../operations/ec2/imports/ImportImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { DiskFiles } from './test-disk-files.ts';
import { TestImago, type TestImagoOptions } from './test-imago.ts';

const mib = 1024 ** 2;
const S3Bucket = 'disks';
type ToS3 = CreateInstanceExportTaskRequest['ExportToS3Task'];

async function launched(files: DiskFiles, options: TestImagoOptions = {}) {
  const imago = await TestImago.start({ filePlaces: files.places, ...options });
  const ImageId = (await imago.image({}, 7)).id;
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const [volumeId = ''] = await imago.volumeIds(id);
  await imago.write(volumeId, 2 * mib, 4096, 9);
  return { imago, id };
}

async function order(imago: TestImago, InstanceId: string, more: Partial<ToS3> = {}) {
  const { ExportTask } = await imago.call(createInstanceExportTask, {
    InstanceId,
    TargetEnvironment: 'vmware',
    ExportToS3Task: { S3Bucket, ...more },
  });
  return ExportTask?.ExportTaskId ?? '';
}

async function taskOf(imago: TestImago, id: string) {
  await imago.untilQuiet();
  const { ExportTasks: [task] = [] } = await imago.call(describeExportTasks, {
    ExportTaskIds: [id],
  });
  return task ?? {};
}

const own = (imago: TestImago) =>
  imago.catalog.read(({ snapshots }) =>
    snapshots.list({ where: { account: imago.caller.account } }),
  );

describe('an instance that is exported', () => {
  test('becomes a file with what its guest has written, and no snapshot', async () => {
    using files = new DiskFiles();
    const { imago, id } = await launched(files);
    await using _ = imago;
    const taskId = await order(imago, id, { DiskImageFormat: 'RAW', S3Prefix: 'out/' });
    const task = await taskOf(imago, taskId);
    assert.equal(task.State, 'completed', task.StatusMessage);
    assert.equal(task.ExportToS3Task?.S3Key, `out/${taskId}.raw`);
    const bytes = readFileSync(files.path(`out/${taskId}.raw`));
    assert.deepEqual([bytes[0], bytes[2 * mib]], [7, 9]);
    assert.deepEqual(await own(imago), []);
    assert.equal((await imago.instance(id))?.state, 'running');
  });

  test('becomes an OVA, which is imported again', async () => {
    using files = new DiskFiles();
    const { imago, id } = await launched(files);
    await using _ = imago;
    const taskId = await order(imago, id, { ContainerFormat: 'ova', DiskImageFormat: 'VMDK' });
    assert.equal((await taskOf(imago, taskId)).State, 'completed');
    const UserBucket = { S3Bucket, S3Key: `${taskId}.ova` };
    // There is no system on it: what it is refused for says that it was read.
    await imago.call(importImage, { DiskContainers: [{ Format: 'OVA', UserBucket }] });
    await imago.untilQuiet();
    const [row] = await imago.catalog.read((reader) => reader.importImageTasks.list());
    assert.match(row?.statusMessage ?? '', /No valid partitions|Unknown OS/);
  });

  test('and cancelled leaves neither file nor snapshot', async () => {
    using files = new DiskFiles();
    const { imago, id } = await launched(files, {
      onStep: async (kind, step, moment) => {
        if (kind !== 'export-instance' || step !== 'write' || moment !== 'before') return;
        const [row] = await imago.catalog.read((reader) => reader.exportInstanceTasks.list());
        if (row?.state === 'active') await imago.call(cancelExportTask, { ExportTaskId: row.id });
      },
    });
    await using _ = imago;
    const task = await taskOf(imago, await order(imago, id));
    assert.equal(task.State, 'cancelled');
    assert.deepEqual(readdirSync(files.folder), []);
    assert.deepEqual(await own(imago), []);
  });

  test('is refused in EC2’s words where it has several volumes, or asks for what is none', async () => {
    using files = new DiskFiles();
    const { imago, id } = await launched(files);
    await using _ = imago;
    const wrong = (more: Partial<ToS3>, code: string) =>
      assert.rejects(order(imago, id, more), { code });
    await wrong({ S3Bucket: 'other' }, 'InvalidParameter');
    await wrong({ ContainerFormat: 'ova', DiskImageFormat: 'RAW' }, 'InvalidParameter');
    await wrong({ S3Prefix: '../' }, 'InvalidParameter');
    const ImageId = (await imago.image()).id;
    const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }];
    const request = { ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
    const { Instances = [] } = await imago.call(runInstances, request);
    const two = Instances[0]?.InstanceId ?? '';
    await imago.untilState(two, 'running');
    await assert.rejects(order(imago, two), {
      code: 'UnsupportedOperation',
      message: /multiple volumes attached/,
    });
  });
});
