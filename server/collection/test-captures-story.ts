/**
 * A story for crash tests: captures of volumes, an import and deletions go on at once while garbage
 * is collected, over and over what was condemned. Rows are in a catalog that survives; after the
 * restart every snapshot and volume must have the content of the model, unfinished captures are
 * done again, and after two more collections nothing is left that no row needs.
 */

import { blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { fsck } from '../blocks/fsck.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { Disk } from '../disk/disk.ts';
import { createLayer } from '../disk/qcow2-create.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { writeToLayer } from '../disk/test-layer.ts';
import { uploadDisk, uploadLayers } from '../disk/upload-layers.ts';
import { blockRoots } from '../domain/block-roots.ts';
import { randomIds } from '../domain/identity.ts';
import { newTask } from '../domain/tasks.ts';
import type { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { seededNumbers } from '../files/crashing/seeded-numbers.ts';
import type { CrashDamage, CrashPlay, CrashStory } from '../files/crashing/test-crash-points.ts';
import { collectBlocks } from './collector.ts';
import { Pace } from './pace.ts';
import { addSnapshot, noDrafts } from './test-rows.ts';

const blocksPerVolume = 4;
const sizeBytes = blocksPerVolume * blockSizeBytes;
const blocksFolder = '/home/blocks';
const graceMs = 3_600_000;

/** What a capture works on, as the input of its task has it. */
interface CaptureInput {
  volume: string;
  base?: Digest;
}

export const capturesStory: CrashStory = {
  name: 'captures and collection',
  async begin(files, seed): Promise<CrashPlay> {
    const world = new World(files, seed);
    await world.setUp();
    return { act: () => world.act(), restart: (left) => world.restart(left) };
  },
};

class World {
  #files: CrashingFiles;
  #store!: FsBlockStore;
  readonly #catalog: Catalog = createMemoryCatalog();
  readonly #random: (below: number) => number;
  #now = Date.parse('2026-11-25T10:00:00Z');
  /** Volume -> what a guest would read. */
  readonly #volumes = new Map<string, Buffer>();
  /** Snapshot -> what it must have. */
  readonly #snapshots = new Map<string, Buffer>();
  readonly #clock = { now: () => new Date(this.#now), monotonicMs: () => this.#now };

  constructor(files: CrashingFiles, seed: number) {
    this.#files = files;
    this.#random = seededNumbers(seed + 1_000_003);
  }

  async setUp(): Promise<void> {
    await this.#files.mkdir('/home/volumes');
    for (const folder of ['/', '/home']) await this.#files.syncFolder(folder);
    this.#store = await FsBlockStore.open(blocksFolder, { files: this.#files });
    for (const volume of ['a', 'b']) await this.#newVolume(volume);
    const first = await this.#capture({ volume: 'a' });
    await this.#newVolume('c', first);
    // Of what is deleted some is condemned already when the story begins, some is not.
    await this.#delete(await this.#capture({ volume: 'b' }));
    await this.#collect();
    await this.#delete(await this.#import('imported first'));
  }

  async act(): Promise<void> {
    const pause = async () => {
      for (let turns = this.#random(400); turns > 0; turns--) await undefined;
    };
    const later = async (work: () => Promise<unknown>) => {
      await pause();
      await work();
    };
    await together([
      later(() => this.#capture({ volume: 'b' })),
      later(() => this.#capture({ volume: 'c', base: this.#baseOf('c') })),
      later(() => this.#import('imported first')),
      later(() => this.#collect()),
    ]);
    this.#now += graceMs;
    const [doomed] = await this.#completed();
    await together([
      later(() => this.#collect()),
      later(() => this.#import('imported second')),
      later(async () => doomed && this.#baseOf('c') !== doomed.root && this.#delete(doomed.root)),
      later(() => this.#capture({ volume: 'a' })),
    ]);
    this.#now += graceMs;
    await together([later(() => this.#collect()), later(() => this.#capture({ volume: 'b' }))]);
  }

  async restart(files: CrashingFiles): Promise<CrashDamage> {
    const damage: CrashDamage = { lost: [], doubled: [], leaked: [] };
    this.#files = files;
    this.#store = await FsBlockStore.open(blocksFolder, { files });
    await this.#readAll(damage);
    const unfinished = await this.#catalog.read(({ tasks }) =>
      tasks.list({ where: { state: 'running' } }),
    );
    for (const task of unfinished) {
      if (task.kind === 'capture') await this.#upload(task.id, task.input as CaptureInput);
      else await this.#importAs(task.id, task.subject);
    }
    for (let i = 0; i < 2; i++) {
      this.#now += graceMs;
      await this.#collect();
    }
    await this.#readAll(damage);
    await this.#check(damage);
    return damage;
  }

  /** A volume of a few blocks, some of which are zero, some equal, some over a base. */
  async #newVolume(volume: string, base?: Digest): Promise<void> {
    const folder = `/home/volumes/${volume}`;
    const layer = `${folder}/0.qcow2`;
    await this.#files.mkdir(folder);
    await createLayer(layer, sizeBytes, { files: this.#files });
    const under = base && this.#contentOfRoot(base);
    const content = Buffer.alloc(sizeBytes);
    if (under) (await under).copy(content);
    for (let index = 0; index < blocksPerVolume; index++) {
      if (this.#random(3) === 0) continue;
      const bytes = Buffer.alloc(blockSizeBytes / 2, `${this.#random(4)} of any volume `);
      const offset = index * blockSizeBytes;
      await writeToLayer(layer, offset, bytes, this.#files);
      bytes.copy(content, offset);
    }
    {
      await using file = await this.#files.open(layer, 'update');
      await file.sync();
    }
    for (const path of [folder, '/home/volumes']) await this.#files.syncFolder(path);
    this.#volumes.set(volume, content);
    const now = this.#clock.now().toISOString();
    await this.#catalog.write(({ volumes }) =>
      volumes.insert({
        id: volume,
        account: '1',
        region: 'r',
        createdAt: now,
        state: 'available',
        sizeGiB: 1,
        volumeType: 'gp3',
        availabilityZone: 'r-a',
        base: base ? { root: base, sizeBytes } : undefined,
        layers: [{ number: 0 }],
        nextLayer: 1,
        tags: {},
      }),
    );
    if (base) this.#bases.set(volume, base);
  }

  readonly #bases = new Map<string, Digest>();
  #baseOf(volume: string): Digest | undefined {
    return this.#bases.get(volume);
  }

  async #order(kind: string, subject: string, input: unknown): Promise<string> {
    const order = { kind, subject, account: '1', region: 'r', input };
    const task = newTask(order, { clock: this.#clock, ids: randomIds });
    await this.#catalog.write(({ tasks }) => tasks.insert(task));
    return task.id;
  }

  async #capture(input: CaptureInput): Promise<Digest> {
    return this.#upload(await this.#order('capture', input.volume, input), input);
  }

  async #upload(taskId: string, { volume, base }: CaptureInput): Promise<Digest> {
    const { root } = await uploadLayers({
      store: this.#store,
      files: this.#files,
      layers: [`/home/volumes/${volume}/0.qcow2`],
      base: base ? { root: base, sizeBytes } : undefined,
      sizeBytes,
    });
    return this.#complete(taskId, root, this.#volumes.get(volume) as Buffer);
  }

  async #import(name: string): Promise<Digest> {
    return this.#importAs(await this.#order('import', name, {}), name);
  }

  async #importAs(taskId: string, name: string): Promise<Digest> {
    const content = Buffer.alloc(sizeBytes);
    content.fill(name, 0, blockSizeBytes).fill('both', 3 * blockSizeBytes);
    const disk: Disk = {
      sizeBytes,
      pread: async (offset, length) => Buffer.from(content.subarray(offset, offset + length)),
      close: async () => {},
    };
    const { root } = await uploadDisk({ store: this.#store, disk });
    return this.#complete(taskId, root, content);
  }

  /** As the runner has it: the output first, then the snapshot with the end of the task. */
  async #complete(taskId: string, root: Digest, content: Buffer): Promise<Digest> {
    const change = (outputs: object, state: 'running' | 'succeeded') =>
      this.#catalog.write(async ({ tasks }) => {
        const task = await tasks.get(taskId);
        if (task) await tasks.update({ ...task, state, outputs: { ...outputs } });
      });
    await change({ upload: { root } }, 'running');
    for (let turns = this.#random(50); turns > 0; turns--) await undefined;
    const id = randomIds.resource('snap');
    this.#snapshots.set(id, content);
    await addSnapshot(this.#catalog, root, id);
    await change({}, 'succeeded');
    return root;
  }

  async #completed(): Promise<{ id: string; root: Digest }[]> {
    const rows = await this.#catalog.read(({ snapshots }) => snapshots.list());
    return rows.map(({ id, root = '' }) => ({ id, root }));
  }

  async #delete(root: Digest): Promise<void> {
    for (const { id } of (await this.#completed()).filter((row) => row.root === root)) {
      await this.#catalog.write(({ snapshots }) => snapshots.delete(id));
      this.#snapshots.delete(id);
    }
  }

  async #collect(): Promise<void> {
    const services = {
      blocks: this.#store,
      catalog: this.#catalog,
      drafts: noDrafts,
      clock: this.#clock,
    };
    await collectBlocks(services, { graceMs, pace: new Pace(0) });
  }

  async #contentOfRoot(root: Digest): Promise<Buffer> {
    const reader = new CachedBlockReader(this.#store, { capacityBytes: 4 * blockSizeBytes });
    return (await openSnapshotDisk(reader, root)).pread(0, sizeBytes);
  }

  /** Reading verifies every block and page on the way. */
  async #readAll(damage: CrashDamage): Promise<void> {
    for (const { id, root } of await this.#completed()) {
      try {
        const content = await this.#contentOfRoot(root);
        if (!content.equals(this.#snapshots.get(id) as Buffer)) damage.lost.push(`${id} differs`);
      } catch (error) {
        damage.lost.push(`${id}: ${(error as Error).message}`);
      }
    }
  }

  /** After the last collection. */
  async #check(damage: CrashDamage): Promise<void> {
    const { roots } = await this.#catalog.read(blockRoots);
    for await (const finding of fsck({ store: this.#store, roots: [...roots] })) {
      if (finding.kind !== 'summary') {
        damage.lost.push(JSON.stringify(finding));
      } else if (finding.unreferencedBlocks > 0) {
        damage.leaked.push(`${finding.unreferencedBlocks} blocks that nothing needs`);
      }
    }
    for (const folder of ['incoming', 'condemned']) {
      const names = await this.#files.readdir(`${blocksFolder}/${folder}`);
      if (names.length > 0) damage.leaked.push(`${folder}/: ${names.join(', ')}`);
    }
    const listed = await Array.fromAsync(this.#store.list());
    const digests = new Set(listed.map(({ digest }) => digest));
    if (digests.size < listed.length) damage.doubled.push('blocks are listed twice');
  }
}

/** All have ended before a failure is told: nothing of before the cut goes on after the restart. */
async function together(works: readonly Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(works);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}
