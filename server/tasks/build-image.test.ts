/**
 * With a real build of `micro`, once: the steps by the real runner, and then those again that a
 * crash makes run twice.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { instance } from '../catalog/test-rows.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { randomIds, systemClock } from '../domain/identity.ts';
import { orderMake } from '../domain/made-images.ts';
import { keyBytes, MasterKey } from '../domain/master-key.ts';
import { orderBuild } from '../domain/provider-images.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { Home } from '../foundations/home.ts';
import { Limit } from '../foundations/limit.ts';
import { silentLog } from '../foundations/log.ts';
import { measureHost } from '../host/local/measure-host.ts';
import type { PackageLock } from '../provider-images/package-lock.ts';
import { buildImage } from './build-image.ts';
import { createTaskRunner, type StepHook } from './runner.ts';
import type { RunContext, TaskServices } from './task.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'imago-build-'));
const catalog = createMemoryCatalog();
const blocks = new MemoryBlockStore();
const home = new Home(folder);
const identity = { clock: systemClock, ids: randomIds };
/** What was synced, in this order; of a file also when it was last written. */
const synced: { path: string; writtenNs?: bigint }[] = [];
const files: Files = {
  ...nodeFiles,
  async open(file, access, mode) {
    const handle = await nodeFiles.open(file, access, mode);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      synced.push({ path: file, writtenNs: lastWrite(file) });
      await sync();
    };
    return handle;
  },
  async syncFolder(file) {
    synced.push({ path: file });
    await nodeFiles.syncFolder(file);
  },
};
// Of the host a build needs its disk only.
const host = { measure: () => measureHost(folder) };
const site = { hostId: 'h-0123456789abcdef0' };
const uploads = new Limit(1);
const stores = oneBlockStore(blocks);
const base = {
  ...identity,
  catalog,
  blocks: stores,
  uploads,
  home,
  files,
  host,
  site,
  log: silentLog,
  masterKey: MasterKey.of(Buffer.alloc(keyBytes, 'test')),
};
const services = base as unknown as TaskServices;
let task: TaskRow;
let syncedByBuild: typeof synced;
let lastWriteOfBuild: bigint;

before(async () => {
  const id = await catalog.write((transaction) =>
    orderBuild(
      transaction,
      {
        name: 'micro',
        region: 'eu-west-1',
        regions: ['eu-west-1', 'us-east-1'],
        host: site.hostId,
      },
      identity,
    ),
  );
  const onStep: StepHook = (_, step, moment) => {
    if (step !== 'build' || moment !== 'after') return;
    syncedByBuild = [...synced];
    lastWriteOfBuild = lastWrite(path.join(home.buildsFolder, id, 'disk.raw'));
  };
  const runner = createTaskRunner({ services, definitions: [buildImage], onStep });
  runner.start();
  task = await runner.settled(id);
  await runner.stop();
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('the image is public, in each region that was asked for, with the owner that templates name', async () => {
  assert.equal(task.state, 'succeeded', JSON.stringify(task.error));
  const { imageIds } = task.outputs.register as { imageIds: Record<string, string> };
  assert.deepEqual(Object.keys(imageIds), ['eu-west-1', 'us-east-1']);
  const images = await catalog.read((reader) => reader.images.list());
  assert.deepEqual(images.map(({ id }) => id).sort(), Object.values(imageIds).sort());
  const snapshots = await catalog.read((reader) => reader.snapshots.list());
  for (const image of images) {
    assert.equal(image.id, imageIds[image.region]);
    assert.match(image.name, /^imago-micro-amd64-\d{8}-\d{4}$/);
    const seen = [image.account, image.ownerAlias, image.launchPermissions, image.state];
    assert.deepEqual(seen, ['136693071363', 'amazon', ['all'], 'available']);
    const [mapping] = image.blockDeviceMappings;
    assert.equal(mapping?.deviceName, image.rootDeviceName);
    const snapshot = snapshots.find(({ id }) => id === mapping?.ebs.snapshotId);
    assert.deepEqual(
      [snapshot?.region, snapshot?.state, snapshot?.volumeSizeGiB],
      [image.region, 'completed', 1],
    );
  }
  assert.equal(new Set(images.map(({ name }) => name)).size, 1, 'one name');
  assert.equal(new Set(snapshots.map(({ root }) => root)).size, 1, 'the same blocks');
});

test('the snapshot is the disk that was built', async () => {
  const [snapshot] = await catalog.read(({ snapshots }) => snapshots.list());
  const reader = new CachedBlockReader(blocks, { capacityBytes: 8 * 1024 * 1024 });
  const disk = await openSnapshotDisk(reader, snapshot?.root ?? '');
  assert.equal(disk.sizeBytes, 1024 ** 3);
  assert.equal((await disk.pread(512, 8)).toString(), 'EFI PART');
  const labelOffset = 139_264 * 512 + 1024 + 0x78;
  assert.equal((await disk.pread(labelOffset, 5)).toString(), 'root\0');
  await disk.close();
});

test('a power cut after the build is on record takes nothing of its disk', () => {
  const work = path.join(home.buildsFolder, task.id);
  assert.deepEqual(syncedByBuild, [
    { path: path.join(work, 'disk.raw'), writtenNs: lastWriteOfBuild },
    { path: work },
    { path: home.buildsFolder },
    { path: home.folder },
  ]);
});

test('nothing is left in the folder of builds', () => {
  assert.deepEqual(readdirSync(home.buildsFolder), []);
});

test('registering again after a crash changes nothing', async () => {
  const before = await rows();
  await stepOf('register').run(contextOf(task));
  assert.deepEqual(await rows(), before);
});

test('a second image of the same minute gets the next name', async () => {
  const places = [{ region: 'eu-west-1', imageId: 'ami-2', snapshotId: 'snap-2' }];
  const build = { ...builtOf(task), places };
  await stepOf('register').run(contextOf({ ...task, outputs: { ...task.outputs, build } }));
  const names = (await catalog.read(({ images }) => images.list())).map((image) => image.name);
  assert.equal(new Set(names).size, 2, `${names}`);
});

test('a build that an older Imago made is registered in the region of its task', async () => {
  const { places: _, ...built } = builtOf(task) as { places: object[] };
  const build = { ...built, imageId: 'ami-3', snapshotId: 'snap-3' };
  const older = { ...task, region: 'us-east-1', outputs: { ...task.outputs, build } };
  assert.deepEqual(await stepOf('register').run(contextOf(older)), {
    imageIds: { 'us-east-1': 'ami-3' },
  });
  const image = await catalog.read(({ images }) => images.get('ami-3'));
  const [mapping] = image?.blockDeviceMappings ?? [];
  assert.deepEqual([image?.region, mapping?.ebs.snapshotId], ['us-east-1', 'snap-3']);
});

test('undoing a registration takes all of it away, but for what was used since', async () => {
  const places = ['ami-4', 'ami-5', 'ami-6'].map((imageId, index) => ({
    region: 'eu-west-1',
    imageId,
    snapshotId: `snap-${index + 4}`,
  }));
  const undone = { ...task, outputs: { ...task.outputs, build: { ...builtOf(task), places } } };
  const before = await rows();
  await stepOf('register').run(contextOf(undone));
  await catalog.write(async ({ images, instances }) => {
    await instances.insert(instance('i-1', { imageId: 'ami-5' }));
    const changed = await images.get('ami-6');
    if (changed) await images.update({ ...changed, tags: { used: 'yes' } });
  });
  await stepOf('register').undo?.(contextOf(undone));
  await stepOf('register').undo?.(contextOf(undone));
  const left = (await rows()).map((table) => table.map(({ id }) => id));
  const used = [
    ['ami-5', 'ami-6'],
    ['snap-5', 'snap-6'],
  ];
  assert.deepEqual(
    left.map((ids) => ids.sort()),
    before.map((table, index) => [...table.map(({ id }) => id), ...(used[index] ?? [])].sort()),
  );
});

test('what is made with files is its owner’s own, under a lock, and refused under another', async () => {
  const caller = { account: '222222222222', region: 'eu-west-1', groups: [] };
  const content = Buffer.from('hello').toString('base64');
  const file = { path: '/srv/www/index.html', content, mode: 0o640, owner: 'admin:admin' };
  const order = { parent: 'micro', description: 'web', recipe: 'name: web', packages: [] };
  const make = (name: string, lock: string) =>
    catalog.write((transaction) =>
      orderMake(
        transaction,
        caller,
        { ...order, name, lock, files: [file] },
        { host: site.hostId, ...identity },
      ),
    );
  const { imageIds: provided } = task.outputs.register as { imageIds: Record<string, string> };
  const of = (ids: Record<string, string>) =>
    catalog.read(async ({ images, imageManifests }) => {
      const id = ids['eu-west-1'] ?? '';
      return { image: await images.get(id), manifest: await imageManifests.get(id) };
    });
  const { manifest: locking } = await of(provided);
  const lock = JSON.parse(locking?.lock ?? '') as PackageLock;
  assert.ok(lock.packages.some(({ name, sha256 }) => name === 'busybox-static' && sha256));
  const [first] = lock.packages;
  const other = { ...lock, packages: lock.packages.with(0, { ...first, version: '0' } as never) };
  const orders = [
    await make('web-1', locking?.lock ?? ''),
    await make('web-2', JSON.stringify(other)),
  ] as const;
  const runner = createTaskRunner({ services, definitions: [buildImage] });
  runner.start();
  const made = await runner.settled(orders[0]);
  const refused = await runner.settled(orders[1]);
  await runner.stop();
  assert.equal(made.state, 'succeeded', JSON.stringify(made.error));
  const { imageIds } = made.outputs.register as { imageIds: Record<string, string> };
  const { image, manifest } = await of(imageIds);
  assert.deepEqual(
    [image?.account, image?.name, image?.description, image?.launchPermissions, image?.provider],
    ['222222222222', 'web-1', 'web', [], undefined],
  );
  assert.deepEqual([manifest?.recipe, manifest?.lock], ['name: web', locking?.lock]);
  assert.equal(refused.error?.code, 'Client.LockMismatch');
  assert.match(refused.error?.message ?? '', RegExp(`${first?.name} is .*, locked is 0\\.`));
});

test('undoing a build takes its half-made disk away', async () => {
  const work = path.join(home.buildsFolder, task.id);
  mkdirSync(work, { recursive: true });
  writeFileSync(path.join(work, 'disk.raw'), 'half');
  await stepOf('build').undo?.(contextOf(task));
  assert.equal(existsSync(work), false);
});

function lastWrite(file: string): bigint {
  return statSync(file, { bigint: true }).mtimeNs;
}

function stepOf(name: string) {
  const step = buildImage.steps.find((each) => each.name === name);
  if (!step) throw new Error(`there is no step ${name}`);
  return step;
}

function contextOf(row: TaskRow): RunContext {
  return { task: row, services, signal: new AbortController().signal };
}

function builtOf(row: TaskRow): object {
  return row.outputs.build as object;
}

async function rows() {
  return catalog.read(async ({ images, snapshots }) => [
    await images.list(),
    await snapshots.list(),
  ]);
}
