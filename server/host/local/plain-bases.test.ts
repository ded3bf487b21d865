import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BlockReader, blockSizeBytes, type Digest } from '../../blocks/block-store.ts';
import { oneBlockStore } from '../../blocks/block-stores.ts';
import { MemoryBlockStore } from '../../blocks/memory/memory-block-store.ts';
import { storeBlock, storeMap } from '../../blocks/test-blocks.ts';
import { createLayer } from '../../disk/qcow2-create.ts';
import { Home, socketsFolder } from '../../foundations/home.ts';
import { silentLog } from '../../foundations/log.ts';
import { gibBytes } from '../../foundations/sizes.ts';
import { createSimulatedHypervisor } from '../../hypervisor/simulated/simulated-hypervisor.ts';
import { eventually } from '../../hypervisor/test-machines.ts';
import { reservedDiskBytes } from '../disk-reserve.ts';
import type { GuestSpec, PlainBase } from '../host.ts';
import { exampleGuest } from '../test-guest.ts';
import { machineSpec } from './guest-documents.ts';
import { PlainBases } from './plain-bases.ts';
import { type PlainPolicy, PlainRounds } from './plain-rounds.ts';

const sizeBytes = 6 * blockSizeBytes;
const soon = { limitBytes: gibBytes, afterMs: 0, lookMs: 2 };
const guestId = 'i-00000000000000001';
const volumeId = 'vol-00000000000000001';

class World {
  readonly home: Home;
  readonly store = new MemoryBlockStore();
  readonly hypervisor = createSimulatedHypervisor({ createLayer });
  readonly disk = { diskBytes: 100 * gibBytes, freeDiskBytes: 50 * gibBytes };
  bases!: PlainBases;
  #rounds?: PlainRounds;

  constructor(folder: string) {
    this.home = new Home(folder);
  }

  /** As the next process would. */
  async begin(policy?: Partial<PlainPolicy>): Promise<void> {
    await this.#rounds?.close();
    const { home, hypervisor } = this;
    const blocks = oneBlockStore(this.store);
    const measure = async () => this.disk;
    this.bases = new PlainBases({ home, blocks, hypervisor, measure, log: silentLog });
    await this.bases.start();
    this.#rounds = new PlainRounds({ bases: this.bases, blocks, measure, log: silentLog }, policy);
    this.#rounds.start();
  }

  async close(): Promise<void> {
    await this.#rounds?.close();
    await rm(this.home.folder, { recursive: true });
  }

  /** A map with two blocks, and what it comes to. */
  async base(seed: number): Promise<PlainBase & { bytes: Buffer }> {
    const bytes = Buffer.alloc(sizeBytes);
    const blocks = new Map<number, Digest>();
    for (const index of [1, 4]) {
      const block = Buffer.alloc(blockSizeBytes, seed * 7 + index);
      bytes.set(block, index * blockSizeBytes);
      blocks.set(index, await storeBlock(this.store, block));
    }
    const { root } = await storeMap(this.store, { sizeBytes, changes: blocks });
    return { root, sizeBytes, region: 'us-east-1', bytes };
  }

  get folder(): string {
    return socketsFolder(this.home.machineFolder(guestId), 3);
  }

  async run(base: PlainBase & { encryption?: { keyId: string } }): Promise<void> {
    const spec = guest(base);
    await mkdir(this.folder, { recursive: true });
    await this.bases.during(spec, async (plain) => {
      const secrets = { layers: new Map() };
      await this.hypervisor.start(
        machineSpec(spec, { home: this.home, owner: undefined, secrets, plain }),
      );
    });
  }

  async end(): Promise<void> {
    await this.hypervisor.destroy(guestId);
    await this.bases.forget(guestId);
  }

  /** The file that the machine reads its base from. */
  async readFrom(): Promise<string | undefined> {
    const record = path.join(this.home.machineFolder(guestId), 'machine.json');
    return JSON.parse(await readFile(record, 'utf8')).disks[0].base.file;
  }

  names(): Promise<string[]> {
    return readdir(this.home.basesFolder).catch(() => []);
  }
}

async function worldOf(t: TestContext, policy?: Partial<PlainPolicy>): Promise<World> {
  const world = new World(await mkdtemp(path.join(tmpdir(), 'imago-plain-')));
  t.after(() => world.close());
  await world.begin(policy);
  return world;
}

test('a base that was ordered is whole, sparse, and what a machine reads from its start on', async (t) => {
  const world = await worldOf(t);
  const { bytes, ...base } = await world.base(1);
  const progress: number[] = [];
  await world.bases.keep(base, { onProgress: (done, total) => progress.push(done / total) });
  assert.equal(progress.at(-1), 1);
  await world.bases.keep(base);
  const [file] = await world.bases.list();
  assert.ok(file && file.storedBytes < sizeBytes && file.kept && file.intact);
  await world.run(base);
  const given = await world.readFrom();
  assert.equal(given, path.join(world.folder, `${base.root}.raw`));
  assert.deepEqual(await readFile(given ?? ''), bytes);
  assert.equal((await stat(given ?? '')).mode & 0o777, 0o444);
  await world.end();
  assert.deepEqual(await readdir(world.folder), []);
  await world.bases.release(base.root);
  assert.equal((await world.bases.list())[0]?.kept, false);
});

test('the base of a guest that runs becomes plain by itself, and the next process goes on with it', async (t) => {
  const world = await worldOf(t, soon);
  const base = await world.base(2);
  await world.run(base);
  assert.equal(await world.readFrom(), undefined);
  const file = await eventually(() => world.readFrom());
  assert.deepEqual(await readFile(file), base.bytes);
  await world.begin(soon);
  await world.run(base);
  assert.equal(await world.readFrom(), file);
  // A guest of another base, as after a capture: the name of the old one goes.
  const other = await world.base(3);
  await world.hypervisor.rebase(
    guestId,
    volumeId,
    { number: 0, path: '' },
    { exportName: other.root, sizeBytes },
  );
  await world.run(other);
  await eventually(async () => (await world.readFrom())?.includes(other.root));
  assert.deepEqual(await readdir(world.folder), [`${other.root}.raw`]);
});

test('one that was written to is no base any more: the machine goes back, and it is made anew', async (t) => {
  const world = await worldOf(t);
  const base = await world.base(4);
  await world.bases.keep(base);
  await world.run(base);
  const file = path.join(world.home.basesFolder, `${base.root}.raw`);
  await utimes(file, 1, 1);
  await world.begin({ lookMs: 2 });
  await world.run(base);
  assert.equal(await world.readFrom(), undefined);
  await eventually(async () => !(await world.names()).includes(`${base.root}.raw`));
  await world.bases.keep(base);
  assert.ok((await stat(file)).mtimeMs > 1000);
  assert.equal((await world.bases.list())[0]?.intact, true);
  assert.ok(await world.readFrom());
});

test('when room is short machines go back first, and what was ordered goes last', async (t) => {
  const world = await worldOf(t, soon);
  const [base, ordered] = [await world.base(5), await world.base(6)];
  await world.bases.keep(ordered);
  await world.run(base);
  await eventually(() => world.readFrom());
  const reserve = reservedDiskBytes(world.disk);
  world.disk.freeDiskBytes = reserve * 1.5;
  await eventually(async () => (await world.bases.list()).length === 1);
  assert.equal(await world.readFrom(), undefined);
  assert.deepEqual(await readdir(world.folder), []);
  await assert.rejects(world.bases.keep(base), { name: 'PlainRoomError' });
  world.disk.freeDiskBytes = reserve / 2;
  await eventually(async () => (await world.bases.list()).length === 0);
});

test('the bound is kept, the least lately used making way; one that is used stays', async (t) => {
  const limitBytes = 3 * blockSizeBytes;
  const world = await worldOf(t);
  const [used, idle, next] = [await world.base(7), await world.base(8), await world.base(9)];
  for (const base of [idle, used]) await world.bases.makeQuietly(base, 2 * limitBytes);
  await world.run(used);
  await assert.rejects(world.bases.makeQuietly(next, limitBytes), { name: 'PlainRoomError' });
  assert.deepEqual(
    (await world.bases.list()).map(({ root }) => root),
    [used.root],
  );
  await world.end();
  await world.bases.makeQuietly(next, limitBytes);
  assert.deepEqual(
    (await world.bases.list()).map(({ root }) => root),
    [next.root],
  );
  // An operator who wants none of them.
  await world.begin({ lookMs: 2 });
  await eventually(async () => (await world.bases.list()).length === 0);
});

test('half a file is never taken for one, and a sealed base is never made', async (t) => {
  const world = await worldOf(t, soon);
  const base = await world.base(10);
  const get: BlockReader['get'] = world.store.get.bind(world.store);
  let reads = 0;
  world.store.get = async (digest) => {
    if (++reads > 3) throw new Error('away');
    return get(digest);
  };
  await assert.rejects(world.bases.keep(base), /away/);
  assert.deepEqual(await world.names(), [`${base.root}.keep`]);
  await writeFile(path.join(world.home.basesFolder, `${base.root}.raw.new`), 'half');
  world.store.get = get;
  await world.begin(soon);
  assert.deepEqual(await world.names(), [`${base.root}.keep`]);
  const stop = AbortSignal.abort(new Error('not wanted any more'));
  await assert.rejects(world.bases.keep(base, { signal: stop }), /not wanted/);
  await world.run({ ...base, encryption: { keyId: 'key' } });
  assert.deepEqual([...world.bases.wanted()], []);
});

function guest(base: PlainBase & { encryption?: { keyId: string } }): GuestSpec {
  const { root, encryption } = base;
  const lower = { root, sizeBytes, ...(encryption && { encryption }) };
  const layers = [{ number: 0 }];
  const machine = {
    hypervisor: 'simulated',
    machineType: 'simulated',
    cpuModel: 'simulated',
    accelerator: 'none',
    uuid: '00000000-0000-4000-8000-000000000001',
    layout: 3,
  } as const;
  return {
    ...exampleGuest(guestId, machine),
    disks: [{ volumeId, slot: 0, sizeBytes, readable: [lower], layers, base: lower }],
  };
}
