/** Images that become disk files: all of their bytes under the final name, or no file. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { ExportImageRequest } from '../../api/generated/ec2-types.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { OpenFile } from '../files/files.ts';
import { cancelExportTask } from '../operations/ec2/exports/CancelExportTask.ts';
import { describeExportImageTasks } from '../operations/ec2/exports/DescribeExportImageTasks.ts';
import { exportImage } from '../operations/ec2/exports/ExportImage.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { registerImage } from '../operations/ec2/images/RegisterImage.ts';
import { importSnapshot } from '../operations/ec2/imports/ImportSnapshot.ts';
import { DiskFiles } from './test-disk-files.ts';
import { TestImago, type TestImagoOptions, withFaults } from './test-imago.ts';

const S3Bucket = 'disks';

async function imagoOf(files: DiskFiles, options: TestImagoOptions = {}) {
  return TestImago.start({ filePlaces: files.places, ...options });
}

async function imported(imago: TestImago, Format: string, S3Key: string) {
  const DiskContainer = { Format, UserBucket: { S3Bucket, S3Key } };
  const before = new Set((await snapshotsOf(imago)).map(({ id }) => id));
  await imago.call(importSnapshot, { DiskContainer });
  await imago.untilQuiet();
  const made = (await snapshotsOf(imago)).find(({ id }) => !before.has(id));
  assert.ok(made, `${S3Key} could not be imported`);
  return made;
}

const snapshotsOf = (imago: TestImago) =>
  imago.catalog.read(({ snapshots }) =>
    snapshots.list({ where: { account: imago.caller.account } }),
  );

async function order(imago: TestImago, request: Partial<ExportImageRequest>): Promise<string> {
  const { ExportImageTaskId: id = '' } = await imago.call(exportImage, {
    DiskImageFormat: 'RAW',
    S3ExportLocation: { S3Bucket },
    ...request,
  } as ExportImageRequest);
  return id;
}

async function taskOf(imago: TestImago, id: string) {
  await imago.untilQuiet();
  const { ExportImageTasks: [task] = [] } = await imago.call(describeExportImageTasks, {
    ExportImageTaskIds: [id],
  });
  return task ?? {};
}

/** Of a disk with some bytes in the middle and at its end. */
async function imageOf(imago: TestImago, files: DiskFiles, name = 'disk.raw'): Promise<ImageRow> {
  files.raw(name, 5);
  const { id } = await imported(imago, 'RAW', name);
  const { ImageId = '' } = await imago.call(registerImage, {
    Name: name,
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    RootDeviceName: '/dev/xvda',
    BlockDeviceMappings: [
      { DeviceName: '/dev/sdf', Ebs: { SnapshotId: id } },
      { DeviceName: '/dev/xvda', Ebs: { SnapshotId: id } },
    ],
  });
  return (await imago.catalog.read(({ images }) => images.get(ImageId))) as ImageRow;
}

const exported = (files: DiskFiles) =>
  readdirSync(files.folder).filter((name) => name.includes('export-ami-'));

describe('an image that is exported', () => {
  for (const format of ['RAW', 'VMDK', 'VHD'] as const) {
    test(`as ${format} comes back with the same root, each of its disks`, async () => {
      using files = new DiskFiles();
      await using imago = await imagoOf(files);
      const image = await imageOf(imago, files);
      const [{ root } = { root: '' }] = await snapshotsOf(imago);
      const id = await order(imago, { ImageId: image.id, DiskImageFormat: format });
      const task = await taskOf(imago, id);
      assert.equal(task.Status, 'completed', task.StatusMessage);
      const ending = format.toLowerCase();
      assert.deepEqual(exported(files).sort(), [`${id}-2.${ending}`, `${id}.${ending}`]);
      for (const name of exported(files)) {
        assert.equal((await imported(imago, format, name)).root, root);
      }
    });
  }

  test('while it is deregistered, is all there', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const image = await imageOf(imago, files);
    await imago.stopTasks();
    const id = await order(imago, { ImageId: image.id });
    const gone = { ImageId: image.id, DeleteAssociatedSnapshots: true };
    await imago.call(deregisterImage, gone);
    assert.deepEqual(await snapshotsOf(imago), []);
    await imago.restart({ filePlaces: files.places });
    assert.equal((await taskOf(imago, id)).Status, 'completed');
    const bytes = readFileSync(files.path(`${id}.raw`));
    assert.ok(bytes.subarray(0, 5 * 1024 ** 2).equals(readFileSync(files.path('disk.raw'))));
  });

  test('into a full disk leaves no file, and says so', async () => {
    using files = new DiskFiles();
    let writes = 0;
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    await using imago = await imagoOf(files, {
      wrapFiles: (real) => ({
        ...real,
        open: async (path, access, mode) => {
          const file = await real.open(path, access, mode);
          if (!path.includes('export-ami-')) return file;
          return withFaults<OpenFile>(() => ({
            write: async (bytes, position) => {
              if (writes++ > 0) throw full;
              return file.write(bytes, position);
            },
          }))(file);
        },
      }),
    });
    const image = await imageOf(imago, files);
    const task = await taskOf(imago, await order(imago, { ImageId: image.id }));
    assert.equal(task.Status, 'deleted');
    assert.match(task.StatusMessage ?? '', /disk of the bucket disks is full/);
    assert.ok(writes > 1);
    assert.deepEqual(exported(files), []);
  });

  test('and cancelled, or interrupted between its names and its row, leaves none', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files, {
      onStep: async (kind, step, moment) => {
        if (kind !== 'export-image' || step !== 'publish' || moment !== 'before') return;
        const [row] = await imago.catalog.read((reader) => reader.exportImageTasks.list());
        if (row?.state === 'active') await imago.call(cancelExportTask, { ExportTaskId: row.id });
      },
    });
    const image = await imageOf(imago, files);
    const id = await order(imago, { ImageId: image.id });
    const task = await taskOf(imago, id);
    assert.deepEqual([task.Status, task.StatusMessage], ['deleted', 'User initiated cancellation']);
    assert.deepEqual(exported(files), []);
    await assert.rejects(imago.call(cancelExportTask, { ExportTaskId: id }), {
      code: 'IncorrectState',
    });
  });

  test('goes into folders that its prefix names, and not out of the bucket', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const image = await imageOf(imago, files);
    const S3ExportLocation = { S3Bucket, S3Prefix: 'mine/images/' };
    const id = await order(imago, { ImageId: image.id, S3ExportLocation });
    assert.equal((await taskOf(imago, id)).Status, 'completed');
    assert.ok(readFileSync(files.path(`mine/images/${id}.raw`)).length > 0);
    for (const S3Prefix of ['../', '/etc/', 'a//']) {
      const outside = { ImageId: image.id, S3ExportLocation: { S3Bucket, S3Prefix } };
      await assert.rejects(order(imago, outside), { code: 'InvalidParameter' });
    }
    const elsewhere = { ImageId: image.id, S3ExportLocation: { S3Bucket: 'other' } };
    await assert.rejects(order(imago, elsewhere), { code: 'InvalidParameter' });
  });

  test('of a product of somebody else is not, by name', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const { id: ImageId } = await imago.image({ productCodes: ['a0000000000000000000000z9'] });
    await assert.rejects(order(imago, { ImageId }), { code: 'NotExportable' });
  });
});
