/** Files of snapshots of data disks: whole folders, partitions, logical volumes, and bad paths. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { BufferDisk, changed, makeDisk, makeFileSystem } from '../../contents/test-file-systems.ts';
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

/** What a disk has that is not read here. */
function btrfs(): Buffer {
  const bytes = Buffer.alloc(20 * 1024 ** 2);
  bytes.write('_BHRfS_M', 0x10040);
  return bytes;
}

test('what would lack a file system that is not read is refused, and says which', async () => {
  const boot = await makeFileSystem({ vmlinuz: 'kernel' }, { sizeMiB: 2 });
  const partly = await snapshotOf(await makeDisk('gpt', [{ bytes: boot }, { bytes: btrfs() }]));
  const archive = (BackupId: string, Path: string) =>
    getBackupArchive.run({ BackupId, Path }, context);
  const why = { code: 'UnreadableImage', message: /vda2: there is Btrfs, which is not read/ };
  await assert.rejects(archive(partly, '/'), why);
  const kernel = await unpacked(partly, '/vmlinuz');
  assert.equal(await readFile(path.join(kernel, 'vmlinuz'), 'utf8'), 'kernel');
  await assert.rejects(archive(partly, '/etc/nginx'), {
    code: 'InvalidPath.NotFound',
    message: /There is no \/etc\/nginx .* Not read is vda2: there is Btrfs/,
  });
});

test('a folder where a system has such a file system is no empty one', async () => {
  const fstab = 'UUID=aa /srv/shop btrfs defaults 0 0\ntmpfs /tmp tmpfs defaults 0 0\n';
  const system = { 'etc/os-release': 'ID=debian\n', 'etc/fstab': fstab, 'srv/shop/hidden': '' };
  const root = await makeFileSystem(
    { ...system, 'srv/other': 'read', 'tmp/x': '' },
    { sizeMiB: 2 },
  );
  const id = await snapshotOf(await makeDisk('gpt', [{ bytes: root }, { bytes: btrfs() }]));
  const why = { code: 'UnreadableImage', message: /vda2: there is Btrfs/ };
  for (const Path of ['/', '/srv', '/srv/shop', '/srv/shop/orders.db']) {
    await assert.rejects(getBackupArchive.run({ BackupId: id, Path }, context), why, Path);
  }
  await assert.rejects(listed(id, '/srv/shop'), why);
  assert.deepEqual(await listed(id, '/srv'), ['/srv/other', '/srv/shop']);
  const other = await unpacked(id, '/srv/other');
  assert.equal(await readFile(path.join(other, 'srv/other'), 'utf8'), 'read');
  assert.ok(await unpacked(id, '/tmp'));
});

test('beside a disk behind LUKS a line that names nothing that is there bars only what is empty', async () => {
  const luks = Buffer.alloc(20 * 1024 ** 2);
  luks.write('LUKS\xba\xbe', 'latin1');
  const fstab = [
    'UUID=0b5c0de0-0000-4000-8000-000000000000 /srv/old ext4 nofail 0 0',
    'UUID=0b5c0de0-0000-4000-8000-000000000001 /srv/empty ext4 nofail 0 0',
    '/dev/mapper/secret /srv/secret ext4 defaults 0 0',
    'UUID=0b5c0de0-0000-4000-8000-000000000002 /srv/gone ext4 nofail 0 0',
  ];
  const system = {
    ...{ 'etc/os-release': 'ID=debian\n', 'etc/fstab': `${fstab.join('\n')}\n` },
    ...{ 'etc/crypttab': '# none\nsecret UUID=1 none luks\n', 'etc/hostname': 'shop' },
    ...{ 'srv/old/orders': 'kept', 'srv/secret/hidden': '' },
  };
  const prepare = async (root: string) => {
    await mkdir(path.join(root, 'srv/empty/lost+found'), { recursive: true });
  };
  const root = await makeFileSystem(system, { sizeMiB: 2, prepare });
  const id = await snapshotOf(await makeDisk('gpt', [{ bytes: root }, { bytes: luks }]));
  const archive = (Path: string) => getBackupArchive.run({ BackupId: id, Path }, context);
  const what = 'vda2: there is LUKS, which is not read';
  assert.equal((await archive('/srv/old')).MayLack, `/srv/old (${what})`);
  const old = await unpacked(id, '/srv/old');
  assert.equal(await readFile(path.join(old, 'srv/old/orders'), 'utf8'), 'kept');
  assert.deepEqual(await listed(id, '/srv/old'), ['/srv/old/orders']);
  assert.equal((await archive('/etc')).MayLack, undefined);
  const why = { code: 'UnreadableImage', message: /vda2: there is LUKS/ };
  for (const Path of ['/srv/empty', '/srv/gone', '/srv/gone/more', '/srv/secret', '/srv', '/']) {
    await assert.rejects(archive(Path), why, Path);
  }
  await assert.rejects(listed(id, '/srv/empty'), why);
  const stale = await makeFileSystem({ ...system, 'etc/fstab': `${fstab[0]}\n` }, { sizeMiB: 2 });
  const all = await snapshotOf(await makeDisk('gpt', [{ bytes: stale }, { bytes: luks }]));
  const { MayLack } = await getBackupArchive.run({ BackupId: all, Path: '/' }, context);
  assert.equal(MayLack, `/srv/old (${what})`);
});

test('what was in use when it was taken says so', async () => {
  const clean = await makeFileSystem(files, { sizeMiB: 8 });
  const used = await changed(clean, 'feature needs_recovery');
  for (const [bytes, isUsed] of [
    [clean, undefined],
    [used, true],
  ] as const) {
    const asked = { BackupId: await snapshotOf(bytes), Path: '/shop' };
    assert.equal((await getBackupArchive.run(asked, context)).Unclean, isUsed);
  }
});

test('a link comes out as one, and behind a slash what it leads to', async () => {
  const id = await snapshotOf(
    await makeFileSystem({ ...files, latest: 'link:shop/more' }, { sizeMiB: 2 }),
  );
  const asLink = await unpacked(id, '/latest');
  assert.equal(await readlink(path.join(asLink, 'latest')), 'shop/more');
  const folder = await unpacked(id, '/latest/');
  assert.equal(await readFile(path.join(folder, 'shop/more/deep/note'), 'utf8'), 'deep');
});

test('a socket is refused, as tar has none', async () => {
  const prepare = async (root: string) => {
    const server = createServer().listen(path.join(root, 's'));
    await once(server, 'listening');
    await rename(path.join(root, 's'), path.join(root, 'socket'));
    server.close();
  };
  const id = await snapshotOf(await makeFileSystem(files, { sizeMiB: 2, prepare }));
  await assert.rejects(getBackupArchive.run({ BackupId: id, Path: '/socket' }, context), {
    code: 'InvalidParameterValue',
  });
  assert.ok(await unpacked(id, '/'));
});
