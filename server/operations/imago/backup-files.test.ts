/** Files of snapshots of data disks: whole folders, partitions, logical volumes, and bad paths. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { BufferDisk, makeDisk, makeFileSystem } from '../../contents/test-file-systems.ts';
import { makeGroup } from '../../contents/test-lvm.ts';
import { uploadDisk } from '../../disk/upload-layers.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertSnapshot } from '../test-images.ts';
import { getBackupArchive } from './GetBackupArchive.ts';
import { listBackupFiles } from './ListBackupFiles.ts';

const run = promisify(execFile);
let context: TestContext;
let folder: string;
before(async () => {
  context = await createTestContext();
  folder = await mkdtemp(path.join(tmpdir(), 'imago-backup-files-'));
});
after(async () => {
  await context[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function snapshotOf(bytes: Buffer): Promise<string> {
  const { root } = await uploadDisk({ store: context.store, disk: new BufferDisk(bytes) });
  return (await insertSnapshot(context, { root })).id;
}

const listed = async (BackupId: string, Path: string) =>
  (await listBackupFiles.run({ BackupId, Path }, context)).Files.map((file) => file.Path);

/** Unpacked by GNU tar. */
async function unpacked(BackupId: string, Path: string): Promise<string> {
  const { Content } = await getBackupArchive.run({ BackupId, Path }, context);
  const archive = path.join(folder, 'archive.tar');
  await writeFile(archive, await Array.fromAsync(Content));
  const target = await mkdtemp(path.join(folder, 'out-'));
  await run('tar', ['-x', '-f', archive, '-C', target]);
  return target;
}

const files = { 'shop/orders.db': 'orders', 'shop/more/deep/note': 'deep', 'other/x': 'x' };

test('a folder of a data volume comes out whole, and so does all of it', async () => {
  const id = await snapshotOf(await makeFileSystem(files, { sizeMiB: 2 }));
  const shop = await unpacked(id, '/shop');
  assert.equal(await readFile(path.join(shop, 'shop/more/deep/note'), 'utf8'), 'deep');
  await assert.rejects(readFile(path.join(shop, 'other/x')), { code: 'ENOENT' });
  const all = await unpacked(id, '/');
  assert.equal(await readFile(path.join(all, 'other/x'), 'utf8'), 'x');
});

test('each file system of a disk without a system has a folder', async () => {
  const one = await makeFileSystem(files, { sizeMiB: 2 });
  const two = await makeFileSystem({ note: 'two' }, { sizeMiB: 2 });
  const disk = await snapshotOf(await makeDisk('gpt', [{ bytes: one }, { bytes: two }]));
  assert.deepEqual(await listed(disk, '/'), ['/vda1', '/vda2']);
  const out = await unpacked(disk, '/vda2');
  assert.equal(await readFile(path.join(out, 'vda2/note'), 'utf8'), 'two');
  const [group = Buffer.alloc(0)] = makeGroup({
    name: 'data',
    extents: [100],
    volumes: {
      one: { bytes: one, segments: [{ disk: 0, from: 40, extents: 32 }] },
      two: { bytes: two, segments: [{ disk: 0, from: 3, extents: 32 }] },
    },
  });
  const volumes = await snapshotOf(group);
  assert.deepEqual(await listed(volumes, '/'), ['/data-one', '/data-two']);
  const all = await unpacked(volumes, '/');
  assert.equal(await readFile(path.join(all, 'data-one/shop/orders.db'), 'utf8'), 'orders');
  assert.equal(await readFile(path.join(all, 'data-two/note'), 'utf8'), 'two');
});

test('a path that leads nowhere is refused before anything is sent', async () => {
  const id = await snapshotOf(await makeFileSystem(files, { sizeMiB: 2 }));
  for (const [asked, code] of [
    [{ Path: '/none' }, 'InvalidPath.NotFound'],
    [{ Path: '/shop/orders.db/below' }, 'InvalidPath.NotFound'],
    [{ Path: '' }, 'InvalidParameterValue'],
    [{ PathBytes: Buffer.from('/a\0b').toString('base64') }, 'InvalidParameterValue'],
    [{ PathBytes: 'no base64!' }, 'InvalidParameterValue'],
    [{ Path: '/', PathBytes: 'Lw==' }, 'InvalidParameterCombination'],
  ] as const) {
    await assert.rejects(getBackupArchive.run({ BackupId: id, ...asked }, context), { code });
    await assert.rejects(listBackupFiles.run({ BackupId: id, ...asked }, context), { code });
  }
  const empty = await snapshotOf(Buffer.alloc(1024 ** 2));
  const of = { BackupId: empty, Path: '/' };
  await assert.rejects(getBackupArchive.run(of, context), { code: 'UnreadableImage' });
});
