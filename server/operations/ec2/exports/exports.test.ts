/** Orders of exports: what is refused at once, and what is written. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { imageFile } from '../../../../api/image-file.ts';
import { uploadDisk } from '../../../disk/upload-layers.ts';
import { MarkedDisk } from '../../../tasks/test-marked-disk.ts';
import { downloadImage } from '../../imago/DownloadImage.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { cancelExportTask } from './CancelExportTask.ts';
import { describeExportImageTasks } from './DescribeExportImageTasks.ts';
import { exportImage } from './ExportImage.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const location = { S3ExportLocation: { S3Bucket: 'disks', S3Prefix: 'out/' } };

test('an export is answered, listed, found by its state, and cancelled', async () => {
  const { id: ImageId } = await insertImage(context);
  const order = { ...location, ImageId, DiskImageFormat: 'VHD', ClientToken: 'one' } as const;
  const made = await exportImage.run({ ...order, Description: 'mine' }, context);
  const { ExportImageTaskId: id = '' } = made;
  assert.match(id, /^export-ami-0[0-9a-f]{16}$/);
  assert.deepEqual(
    [made.DiskImageFormat, made.ImageId, made.Status, made.Progress, made.S3ExportLocation],
    ['VHD', ImageId, 'active', '0', location.S3ExportLocation],
  );
  const again = await exportImage.run({ ...order, Description: 'mine' }, context);
  assert.equal(again.ExportImageTaskId, id);
  const count = async (state: string) => {
    const Filters = [{ Name: 'task-state', Values: [state] }];
    const { ExportImageTasks = [] } = await describeExportImageTasks.run({ Filters }, context);
    return ExportImageTasks.length;
  };
  assert.deepEqual([await count('active'), await count('completed')], [1, 0]);
  await cancelExportTask.run({ ExportTaskId: id }, context);
  assert.equal(await count('deleting'), 1);
});

test('an export that nobody has ordered is not known, by EC2’s own code', async () => {
  for (const [ExportTaskId, code] of [
    ['export-ami-0fedcba9876543210', 'InvalidExportTaskID.NotFound'],
    ['export-i-0fedcba9876543210', 'InvalidExportTaskID.NotFound'],
    ['export-x', 'InvalidExportTaskID.Malformed'],
  ] as const) {
    await assert.rejects(cancelExportTask.run({ ExportTaskId }, context), { code });
  }
});

describe('a disk of an image that a client downloads', () => {
  test('comes as records that end with their digest', async () => {
    const { root } = await uploadDisk({ store: context.store, disk: new MarkedDisk(5) });
    const { id: snapshotId } = await insertSnapshot(context, { root });
    const { id: ImageId } = await insertImage(context, {
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: { snapshotId, volumeSizeGiB: 1, deleteOnTermination: true, volumeType: 'gp3' },
        },
      ],
    });
    const download = await downloadImage.run({ ImageId, Format: 'RAW' }, context);
    const bytes = Buffer.concat(await download.toArray());
    const first = bytes.indexOf(imageFile.kinds.bytes);
    assert.equal(bytes.readBigUInt64BE(first + 1), 0n);
    assert.equal(bytes[first + 13], 5);
    assert.equal(bytes.at(-33), imageFile.kinds.end);
  });

  test('is one that there is, in a format that there is', async () => {
    const { id: ImageId } = await insertImage(context);
    const code = 'InvalidParameterValue';
    for (const request of [{ Format: 'iso' }, { Format: 'raw', Disk: 3 }]) {
      await assert.rejects(downloadImage.run({ ImageId, ...request }, context), { code });
    }
  });
});
