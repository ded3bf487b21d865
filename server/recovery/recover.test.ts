import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlockMap } from '../blocks/block-map.ts';
import type { BlockStore, Digest } from '../blocks/block-store.ts';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { lockStore } from '../blocks/fs/store-lock.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { image, rootDisk, snapshot, task } from '../catalog/test-rows.ts';
import { collectBlocks } from '../collection/collector.ts';
import { Pace } from '../collection/pace.ts';
import { noDrafts } from '../collection/test-rows.ts';
import type { BlockRoots } from '../domain/block-roots.ts';
import { type Clock, randomIds } from '../domain/identity.ts';
import { recoveredReason } from '../domain/recovered-rows.ts';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { type CrashStory, tryCrashPoints } from '../files/crashing/test-crash-points.ts';
import type { Files } from '../files/files.ts';
import { Home } from '../foundations/home.ts';
import { silentLog } from '../foundations/log.ts';
import { Archives } from '../transfers/archives.ts';
import { readCatalogRecord, type SealedCatalog } from './catalog-record.ts';
import { type RecoverOptions, recover } from './recover.ts';
import { keyToSealWith } from './recovery-key.ts';
import { sealCatalog } from './sealed-catalog.ts';
import { StoreCopy } from './store-copy.ts';
import { facts } from './test-sealed.ts';

const home = new Home('/new');
const keyFile = '/elsewhere/key';
const now = new Date('2026-11-26T10:00:00Z');
const owned = { account: '111111111111', region: 'us-east-1', createdAt: now.toISOString() };

function volume(id: string, change: Partial<VolumeRow> = {}): VolumeRow {
  return {
    id,
    ...owned,
    state: 'in-use',
    sizeGiB: 2,
    volumeType: 'gp3',
    availabilityZone: 'us-east-1a',
    layers: [{ number: 7 }, { number: 8 }],
    nextLayer: 9,
    host: 'h-old',
    tags: {},
    ...change,
  };
}

function attached(instanceId: string, deviceName = '/dev/xvda', index = 0) {
  const attachedAt = now.toISOString();
  return { instanceId, deviceName, index, deleteOnTermination: true, attachedAt };
}

function instance(id: string, change: Partial<InstanceRow> = {}): InstanceRow {
  const row = { id, ...owned, state: 'running', rootDeviceName: '/dev/xvda', host: 'h-old' };
  const lists = { securityGroupIds: [], tags: { Name: `the ${id}` } };
  return { ...row, ...lists, imageId: 'ami-1', ...change } as InstanceRow;
}

interface World {
  store: FsBlockStore;
  whole: Digest;
  /** Seals what has changed since. */
  seal(now: Date): Promise<SealedCatalog | undefined>;
  rows: Catalog;
}

/** An Imago whose blocks are in /disk, and whose catalog is sealed there. */
async function world(files: Files): Promise<World> {
  await files.mkdir('/elsewhere');
  const store = await FsBlockStore.open('/disk', { files });
  const digest = await storeBlock(store, Buffer.from('a block'.repeat(100_000).slice(0, 524_288)));
  const changes = new Map([[0, digest]]);
  const { root: whole } = await storeMap(store, { sizeBytes: 2 ** 30, changes });
  const rows = createMemoryCatalog();
  await rows.write(async ({ accounts, snapshots, images, instances, volumes, tasks }) => {
    await accounts.insert({ id: owned.account, name: 'a', createdAt: owned.createdAt });
    const early = { startedAt: '2026-11-25T10:00:00.000Z', volumeSizeGiB: 1, root: whole };
    await snapshots.insert(snapshot('snap-1', { ...early, volumeId: 'vol-1' }));
    await snapshots.insert(
      snapshot('snap-2', { ...early, volumeId: 'vol-1', startedAt: owned.createdAt }),
    );
    await snapshots.insert(snapshot('snap-3', { volumeId: 'vol-2', root: 'ab'.repeat(32) }));
    await snapshots.insert(snapshot('snap-4', { state: 'pending', root: undefined }));
    await images.insert(image('ami-1', { blockDeviceMappings: rootDisk(1, 'snap-2') }));
    await images.insert(image('ami-2', { blockDeviceMappings: rootDisk(1, 'snap-3') }));
    await instances.insert(instance('i-1'));
    await instances.insert(instance('i-2', { state: 'pending' }));
    await instances.insert(instance('i-3', { state: 'shutting-down' }));
    await volumes.insert(volume('vol-1', { attachment: attached('i-1') }));
    await volumes.insert(volume('vol-2', { attachment: attached('i-1', '/dev/xvdb', 1) }));
    await volumes.insert(volume('vol-3', { attachment: attached('i-2') }));
    const input = { captures: [], imageId: 'ami-9' };
    await tasks.insert(task('task-1', { step: 'upload', input, host: 'h-old' }));
  });
  const key = await keyToSealWith(files, [], { file: keyFile }, now);
  const masterKey = Buffer.alloc(32, 'm').toString('base64');
  const sealing = { store, catalog: rows, facts: { ...facts, masterKey }, key };
  const seal = (at: Date) => sealCatalog({ ...sealing, now: at });
  await seal(now);
  return { store, whole, seal, rows };
}

function options(files: Files, catalog: Catalog): RecoverOptions {
  return {
    home,
    files,
    from: ['/disk'],
    key: { file: keyFile },
    verify: false,
    dryRun: false,
    isArchived: async () => false,
    openCatalog: async () => ({ ...catalog, close: async () => {} }),
    recordPlace: async () => {},
    clock: { now: () => now, monotonicMs: () => 0 },
    ids: randomIds,
  };
}

/** What is not as it should be, in a home that says that it is whole. */
async function wrongWith(files: Files, catalog: Catalog, { whole }: World): Promise<string[]> {
  const wrong: string[] = [];
  const expect = (what: string, seen: unknown, wanted: unknown) => {
    if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
      wrong.push(`${what}: ${JSON.stringify(seen)} is not ${JSON.stringify(wanted)}`);
    }
  };
  const text = async (file: string) => {
    await using handle = await files.open(file, 'read');
    const bytes = Buffer.alloc((await handle.stat()).sizeBytes);
    await handle.read(bytes, 0);
    return bytes.toString();
  };
  const host = (await text(home.hostIdFile)).trim();
  const { store: recorded } = { store: JSON.parse(await text(home.regionStoresFile)) };
  const identity = JSON.parse(await text('/disk/imago-store.json'));
  expect('the store', recorded, { 'us-east-1': { folder: '/disk', id: identity.id } });
  expect('its host', identity.host, host);
  expect('the master key', await text(home.masterKeyFile), 'm'.repeat(32));
  await catalog.read(async ({ instances, volumes, snapshots, tasks }) => {
    const [i1, i2, i3] = await instances.list();
    expect('states', [i1?.state, i2?.state, i3?.state], ['stopped', 'stopped', 'terminated']);
    expect('the reason', i1?.stateReason, recoveredReason);
    expect('the host', i1?.host, host);
    const rows = await volumes.list();
    expect(
      'volumes',
      rows.map(({ id }) => id),
      ['vol-1'],
    );
    const { base, snapshotId, layers, host: of } = rows[0] ?? {};
    expect('its base', base, { root: whole, sizeBytes: 2 ** 30 });
    expect('its snapshot', [snapshotId, of], ['snap-2', host]);
    expect('its layers', layers, [{ number: 0, fresh: true }]);
    const states = (await snapshots.list()).map(({ state, root }) => [state, root]);
    const done = ['completed', whole];
    expect('snapshots', states, [done, done, ['error', undefined], ['pending', undefined]]);
    const [ended] = await tasks.list();
    expect('the task', [ended?.state, ended?.step, ended?.host], ['undoing', undefined, host]);
  });
  return wrong;
}

/** A PostgreSQL database outlives what is cut off here: so does this catalog. */
const story: CrashStory = {
  name: 'recovery',
  async begin(files) {
    const made = await world(files);
    const catalog = createMemoryCatalog();
    return {
      act: () => recover(options(files, catalog)),
      async restart(left: CrashingFiles) {
        const names = await left.readdir('/new').catch(() => [] as string[]);
        const isWhole = names.includes('host-id') && !names.includes('recovering');
        if (!isWhole) await recover(options(left, catalog));
        return { lost: await wrongWith(left, catalog, made), doubled: [], leaked: [] };
      },
    };
  },
};

test('half a recovery is not taken for a whole one, and is begun again, wherever it is cut off', async () => {
  const { points, failures } = await tryCrashPoints(story, { seed: 13, oneIn: 2 });
  assert.ok(points > 5, `${points}`);
  assert.deepEqual(failures, []);
});

test('of a newest catalog that is damaged it is told, and the one before is taken', async () => {
  const files = new CrashingFiles({ seed: 1 });
  const { store, seal, rows } = await world(files);
  await rows.write(({ snapshots }) => snapshots.insert(snapshot('snap-5', { state: 'pending' })));
  const newest = await seal(new Date('2026-11-26T11:00:00Z'));
  assert.ok(newest);
  const head = await (await readBlockMap(store, newest.root)).lookup(0);
  assert.ok(head);
  await files.unlink(`/disk/${head.slice(0, 2)}/${head.slice(2)}`);
  const wanted = { ...options(files, createMemoryCatalog()), dryRun: true };
  const { catalog, unreadable, report } = await recover(wanted);
  assert.deepEqual([catalog.number, report.tables.snapshots], [1, 4]);
  const { number, createdAt } = newest;
  const problem = `block ${head} is missing from the store`;
  assert.deepEqual(unreadable, [{ number, createdAt, folder: '/disk', problem }]);
  await assert.rejects(recover({ ...wanted, at: '2' }), {
    message: `No sealed catalog can be read; that of ${createdAt} in /disk: ${problem}.`,
  });
});

test('a root that was restored in its machine’s place is the backup that it was made of', async () => {
  const files = new CrashingFiles({ seed: 3 });
  const { rows, seal } = await world(files);
  await rows.write(async ({ images, instances, volumes }) => {
    const [made] = await images.list({ where: { snapshot: 'snap-2' } });
    if (made) await images.update({ ...made, sourceInstanceId: 'i-4' });
    for (const id of ['i-4', 'i-5']) {
      await instances.insert(instance(id));
      const root = { snapshotId: 'snap-2', attachment: attached(id) };
      await volumes.insert(volume(`vol-of-${id}`, root));
    }
  });
  await seal(new Date(now.getTime() + 60_000));
  const catalog = createMemoryCatalog();
  const { report } = await recover(options(files, catalog));
  const startsOf = (id: string) => report.instances.find((each) => each.id === id)?.starts;
  // The other one was launched of it, and never backed up.
  assert.deepEqual([startsOf('i-4'), startsOf('i-5')], [true, false]);
  const restored = await catalog.read(({ volumes }) => volumes.get('vol-of-i-4'));
  assert.equal(restored?.snapshotId, 'snap-2');
});

test('an archived snapshot whose file is gone is as it was before, where its blocks are', async () => {
  const files = new CrashingFiles({ seed: 1 });
  const { seal, rows, whole } = await world(files);
  const startedAt = owned.createdAt;
  const tiering = { operation: 'archival', state: 'completed', startedAt } as const;
  const archivedAs = (map: string) => ({
    ...{ root: undefined, volumeId: 'vol-2' },
    archive: { map, host: 'h-old', sizeBytes: 1 },
    tiering: { ...tiering, progressPercent: 100, archivedAt: startedAt },
  });
  const bin = { recycledAt: startedAt, recycledUntil: startedAt };
  await rows.write(async ({ snapshots, recycledSnapshots }) => {
    for (const id of ['snap-there', 'snap-kept']) {
      await snapshots.insert(snapshot(id, archivedAs(whole)));
    }
    await snapshots.insert(snapshot('snap-gone', archivedAs('cd'.repeat(32))));
    for (const [id, map] of [
      ['snap-bin', whole],
      ['snap-bin-gone', 'cd'.repeat(32)],
    ] as const) {
      await recycledSnapshots.insert({ ...snapshot(id, archivedAs(map)), ...bin });
    }
  });
  await seal(new Date('2026-11-26T11:00:00Z'));
  const catalog = createMemoryCatalog();
  const isArchived = async (id: string) => id === 'snap-kept';
  const { report } = await recover({ ...options(files, catalog), isArchived });
  assert.deepEqual(
    report.lostSnapshots.map(({ id }) => id),
    ['snap-3', 'snap-gone'],
  );
  await catalog.read(async ({ snapshots, recycledSnapshots, volumes }) => {
    const there = await snapshots.get('snap-there');
    assert.deepEqual([there?.state, there?.root, there?.archive], ['completed', whole, undefined]);
    const detail = recoveredReason.message;
    const progressPercent = 0;
    assert.deepEqual(there?.tiering, { ...tiering, state: 'failed', progressPercent, detail });
    const kept = await snapshots.get('snap-kept');
    assert.deepEqual([kept?.root, kept?.archive?.map], [undefined, whole]);
    assert.equal((await snapshots.get('snap-gone'))?.state, 'error');
    const inBin = await recycledSnapshots.list();
    assert.deepEqual(
      inBin.map(({ id, root }) => [id, root]),
      [['snap-bin', whole]],
    );
    // Of its only backups, which were archived.
    assert.equal((await volumes.get('vol-2'))?.base?.root, whole);
  });
});

const dayMs = 24 * 3_600_000;
const weeks = 8;

/** Kept in step with the store of the world; garbage goes once a week. */
function copyOf({ store, rows }: World, files: Files, clock: Clock): StoreCopy {
  return new StoreCopy({
    folder: '/second',
    checkHere: async () => {},
    open: () => FsBlockStore.open('/second', { files }),
    catalog: rows,
    blocks: oneBlockStore(store),
    archives: new Archives(files, { own: '/archive' }),
    settled: async () => {},
    collect: (blocks, roots) => collect(blocks, rows, roots),
    clock,
    log: silentLog,
    collectEveryMs: 7 * dayMs,
  });
}

function collect(blocks: BlockStore, catalog: Catalog, roots?: () => Promise<BlockRoots>) {
  const clock = { now: () => now, monotonicMs: () => 0 };
  const services = { blocks, catalog, drafts: noDrafts, clock, ...(roots && { roots }) };
  return collectBlocks(services, { graceMs: 0, pace: new Pace(0) });
}

test('from a store that is locked comes back weeks later what was deleted, and no longer than it is locked', async () => {
  const files = new CrashingFiles({ seed: 1 });
  const made = await world(files);
  await made.rows.write(async ({ images, snapshots }) => {
    await images.delete('ami-2');
    await snapshots.delete('snap-3');
  });
  await made.seal(now);
  let day = 0;
  const today = () => new Date(now.getTime() + day * dayMs);
  const clock = { now: today, monotonicMs: () => day * dayMs };
  await using copy = copyOf(made, files, clock);
  await copy.round();
  const folders = ['/disk', '/second'];
  const aYearOn = new Date(Date.now() + 365 * dayMs);
  for (const folder of folders) await lockStore(files, folder, aYearOn);
  await made.rows.write(async ({ images, snapshots }) => {
    await images.delete('ami-1');
    for (const id of ['snap-1', 'snap-2']) await snapshots.delete(id);
  });
  const change = async () => {
    const row = snapshot(`snap-of-${day}`, { state: 'pending', root: undefined });
    await made.rows.write(({ snapshots }) => snapshots.insert(row));
    await made.seal(today());
    if (day % 7 === 0) await collect(made.store, made.rows);
    await copy.round();
    assert.equal(copy.describe().problem, undefined);
  };
  const days = Array.from({ length: (weeks * 7) / 2 }, (_, i) => 2 * (i + 1));
  for (day of days) await change();
  const second = await FsBlockStore.open('/second', { files });
  const known = async (store: BlockStore) => (await readCatalogRecord(store))?.catalogs.length ?? 0;
  for (const folder of folders) {
    const at = now.toISOString();
    const wanted = { ...options(files, createMemoryCatalog()), from: [folder], at };
    const { report } = await recover({ ...wanted, dryRun: true, verify: true });
    const { lostImages, wholeImages, wholeSnapshots } = report;
    assert.deepEqual([lostImages, wholeImages, wholeSnapshots], [[], 1, 2], folder);
  }
  for (const store of [made.store, second]) {
    assert.equal(await known(store), days.length + 1);
  }
  for (const folder of folders) await files.unlink(`${folder}/append-only.json`);
  day++;
  await change();
  for (const store of [made.store, second]) {
    assert.ok((await known(store)) <= 10 + 7 + 5, `${await known(store)}`);
  }
});
