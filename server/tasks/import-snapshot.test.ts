/** Disk files that become snapshots: all of their bytes, or nothing and a reason. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { describe, test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { cancelImportTask } from '../operations/ec2/imports/CancelImportTask.ts';
import { describeImportSnapshotTasks } from '../operations/ec2/imports/DescribeImportSnapshotTasks.ts';
import { importSnapshot } from '../operations/ec2/imports/ImportSnapshot.ts';
import { openStored } from './stored-disk.ts';
import { DiskFiles } from './test-disk-files.ts';
import { TestImago, type TestImagoOptions } from './test-imago.ts';

const gib = 1024 ** 3;

async function imagoOf(files: DiskFiles, options: TestImagoOptions = {}): Promise<TestImago> {
  return TestImago.start({ filePlaces: files.places, ...options });
}

async function order(imago: TestImago, Format: string, S3Key: string): Promise<string> {
  const DiskContainer = { Format, UserBucket: { S3Bucket: 'disks', S3Key } };
  const { ImportTaskId: id = '' } = await imago.call(importSnapshot, { DiskContainer });
  return id;
}

async function detailOf(imago: TestImago, id: string) {
  const { ImportSnapshotTasks: [task] = [] } = await imago.call(describeImportSnapshotTasks, {
    ImportTaskIds: [id],
  });
  return task?.SnapshotTaskDetail ?? {};
}

async function ended(imago: TestImago, id: string) {
  await imago.untilQuiet();
  return detailOf(imago, id);
}

async function diskOf(imago: TestImago, snapshotId: string | undefined) {
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(snapshotId ?? ''));
  assert.equal(row?.state, 'completed');
  return { row, disk: await openStored(imago.services, { ...row, root: row.root ?? '' }) };
}

/** All bytes of the file, and zeros up to the volume's end. */
async function assertHas(imago: TestImago, snapshotId: string | undefined, bytes: Buffer) {
  const { row, disk } = await diskOf(imago, snapshotId);
  assert.equal(disk.sizeBytes, row.volumeSizeGiB * gib);
  assert.ok((await disk.pread(0, bytes.length)).equals(bytes));
  const tail = await disk.extents(bytes.length, disk.sizeBytes - bytes.length);
  assert.ok(tail.slice(1).every(({ zero }) => zero));
}

const snapshotCount = (imago: TestImago) =>
  imago.catalog.read(({ snapshots }) =>
    snapshots.count({ where: { account: imago.caller.account } }),
  );

describe('a disk file', () => {
  test('becomes a snapshot with all of its bytes, of the next whole GiB', async () => {
    using files = new DiskFiles();
    const bytes = files.raw('disk.raw', 3);
    await using imago = await imagoOf(files);
    const detail = await ended(imago, await order(imago, 'raw', 'disk.raw'));
    assert.equal(detail.Status, 'completed', detail.StatusMessage);
    assert.deepEqual(
      [detail.Format, detail.DiskImageSize, detail.UserBucket, detail.Progress],
      ['RAW', bytes.length, { S3Bucket: 'disks', S3Key: 'disk.raw' }, undefined],
    );
    await assertHas(imago, detail.SnapshotId, bytes);
  });

  test('that is not there, or a link, or what leads out of the folder, is refused', async () => {
    using files = new DiskFiles();
    files.raw('disk.raw', 1);
    symlinkSync(files.path('disk.raw'), files.path('link.raw'));
    symlinkSync('/', files.path('root'));
    mkdirSync(files.path('folder'));
    await using imago = await imagoOf(files);
    for (const key of ['none.raw', 'link.raw', 'root/etc/hostname', 'folder']) {
      const detail = await ended(imago, await order(imago, 'RAW', key));
      assert.equal(detail.Status, 'deleted');
      assert.match(detail.StatusMessage ?? '', /^ClientError: There is no file /);
    }
    for (const key of ['../x', '/etc/hostname', 'a//b', './disk.raw']) {
      await assert.rejects(order(imago, 'RAW', key), { code: 'InvalidParameter' });
    }
    assert.equal(await snapshotCount(imago), 0);
  });

  test('of another format than was said is refused with its reason, and leaves nothing', async () => {
    using files = new DiskFiles();
    files.raw('disk.raw', 1);
    await using imago = await imagoOf(files);
    const detail = await ended(imago, await order(imago, 'VHDX', 'disk.raw'));
    assert.equal(detail.Status, 'deleted');
    assert.match(detail.StatusMessage ?? '', /^ClientError: Disk validation failed \[.*vhdx/i);
    assert.equal(await snapshotCount(imago), 0);
  });
});

describe('a VHD', () => {
  test('has the bytes of its disk, whatever its geometry made of the size', async () => {
    using files = new DiskFiles();
    const bytes = files.raw('disk.raw', 5);
    truncateSync(files.path('disk.raw'), 5 * 1024 ** 2 + 512 * 1024);
    files.convert('disk.raw', 'dynamic.vhd', 'vpc');
    files.convert('disk.raw', 'fixed.vhd', 'vpc', ['-o', 'subformat=fixed']);
    files.convert('disk.raw', 'exact.vhd', 'vpc', ['-o', 'force_size=on']);
    await using imago = await imagoOf(files);
    for (const name of ['dynamic.vhd', 'fixed.vhd', 'exact.vhd']) {
      const detail = await ended(imago, await order(imago, 'VHD', name));
      assert.equal(detail.Status, 'completed', `${name}: ${detail.StatusMessage}`);
      await assertHas(imago, detail.SnapshotId, bytes);
    }
  });

  test('that is said to be raw is taken as it is, and told so', async () => {
    using files = new DiskFiles();
    files.raw('disk.raw', 2);
    files.convert('disk.raw', 'fixed.vhd', 'vpc', ['-o', 'subformat=fixed']);
    await using imago = await imagoOf(files);
    const detail = await ended(imago, await order(imago, 'RAW', 'fixed.vhd'));
    assert.equal(detail.Status, 'completed');
    assert.match(detail.StatusMessage ?? '', /footer of a VHD/);
  });
});

describe('a header that points at the host', () => {
  const secret = Buffer.alloc(64 * 1024, 'of the host');

  test('is refused, and nothing of what it names is read', async () => {
    using files = new DiskFiles();
    files.write('secret', secret);
    const create = (name: string, ...options: string[]) =>
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, files.path(name), '1G']);
    create('backing.qcow2', '-F', 'raw', '-b', files.path('secret'));
    create('data.qcow2', '-o', `data_file=${files.path('data')},data_file_raw=on`);
    await using imago = await imagoOf(files);
    for (const name of ['backing.qcow2', 'data.qcow2']) {
      const detail = await ended(imago, await order(imago, 'QCOW2', name));
      assert.equal(detail.Status, 'deleted', name);
      assert.match(detail.StatusMessage ?? '', /^ClientError: Disk validation failed \[The qcow2/i);
    }
    assert.equal(await snapshotCount(imago), 0);
  });

  test('means nothing in a raw disk', async () => {
    using files = new DiskFiles();
    files.write('secret', secret);
    const args = ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', files.path('secret')];
    execFileSync('qemu-img', [...args, files.path('disk.qcow2'), '1G']);
    await using imago = await imagoOf(files);
    const detail = await ended(imago, await order(imago, 'RAW', 'disk.qcow2'));
    assert.match(detail.StatusMessage ?? '', /begins as a qcow2 file/);
    await assertHas(imago, detail.SnapshotId, readFileSync(files.path('disk.qcow2')));
  });
});

describe('an import that is interrupted', () => {
  test('goes on after what is stored, and comes to the same', async () => {
    using files = new DiskFiles();
    const bytes = files.raw('disk.raw', 520, [0, 511, 513, 519]);
    files.convert('disk.raw', 'disk.qcow2', 'qcow2');
    let reads = 0;
    let stop = () => {};
    await using imago = await imagoOf(files, {
      wrapBlocks: (blocks) => blocks,
      wrapCatalog: (catalog) => ({
        ...catalog,
        read: (work) => catalog.read(work),
        close: () => catalog.close(),
        async write(work) {
          const result = await catalog.write(work);
          const [task] = await catalog.read(({ tasks }) => tasks.list());
          if (task?.checkpoint && reads++ === 0) stop();
          return result;
        },
      }),
    });
    const stopped = new Promise<void>((resolve) => {
      stop = () => void imago.stopTasks().then(resolve);
    });
    const id = await order(imago, 'QCOW2', 'disk.qcow2');
    await stopped;
    const [task] = await imago.catalog.read(({ tasks }) => tasks.list());
    assert.equal(task?.state, 'running');
    const { part } = task.checkpoint as { part: { nextBlock: number } };
    assert.equal(part.nextBlock * blockSizeBytes, gib / 2);
    await imago.restart({ filePlaces: files.places });
    const detail = await ended(imago, id);
    assert.equal(detail.Status, 'completed', detail.StatusMessage);
    await assertHas(imago, detail.SnapshotId, bytes);
  });

  test('finds the file changed: nothing of it is kept', async () => {
    using files = new DiskFiles();
    files.raw('disk.raw', 1);
    await using imago = await imagoOf(files, {
      onStep: (kind, step, moment) => {
        if (kind !== 'import-snapshot' || step !== 'read' || moment !== 'before') return;
        files.raw('disk.raw', 2);
      },
    });
    const detail = await ended(imago, await order(imago, 'RAW', 'disk.raw'));
    assert.equal(detail.Status, 'deleted');
    assert.match(detail.StatusMessage ?? '', /changed/);
    assert.equal(await snapshotCount(imago), 0);
  });
});

test('what is cancelled leaves nothing, and says who has cancelled it', async () => {
  using files = new DiskFiles();
  await using imago = await imagoOf(files);
  const DiskContainer = { Format: 'RAW', Url: 'client://disk.raw' };
  const { ImportTaskId: id = '' } = await imago.call(importSnapshot, { DiskContainer });
  const cancelled = await imago.call(cancelImportTask, { ImportTaskId: id, CancelReason: 'wrong' });
  assert.deepEqual(cancelled, { ImportTaskId: id, PreviousState: 'active', State: 'deleting' });
  const detail = await ended(imago, id);
  assert.equal(detail.Status, 'deleted');
  assert.match(detail.StatusMessage ?? '', /cancel.*wrong/);
  await assert.rejects(imago.call(cancelImportTask, { ImportTaskId: id }), {
    code: 'IncorrectState',
  });
  assert.equal(await snapshotCount(imago), 0);
});
