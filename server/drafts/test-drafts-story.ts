/**
 * A story for crash tests: blocks are put into drafts by several writers at once, a draft is
 * completed, one deleted, and garbage is collected meanwhile. Rows are in a catalog that survives.
 * After the restart the clients repeat what was not answered; then every draft is completed, and
 * must have what was put last, and after more collections nothing is left that no row needs.
 */
import { createHash } from 'node:crypto';
import { readBlockMap } from '../blocks/block-map.ts';
import { type BlockStore, blockSizeBytes, digestOf, zeroBlock } from '../blocks/block-store.ts';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { fsck } from '../blocks/fsck.ts';
import { sealKeyOf } from '../blocks/sealed-block.ts';
import { sealedStore } from '../blocks/sealed-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { collectBlocks } from '../collection/collector.ts';
import { Pace } from '../collection/pace.ts';
import { blockRoots } from '../domain/block-roots.ts';
import { randomIds } from '../domain/identity.ts';
import { createKey } from '../domain/kms-keys.ts';
import { keyBytes, MasterKey } from '../domain/master-key.ts';
import { startedUpload, type UploadRow } from '../domain/snapshot-uploads.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import type { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { seededNumbers } from '../files/crashing/seeded-numbers.ts';
import type { CrashDamage, CrashPlay, CrashStory } from '../files/crashing/test-crash-points.ts';
import { Home } from '../foundations/home.ts';
import { silentLog } from '../foundations/log.ts';
import { draftBlocks } from './draft-blocks.ts';
import { Drafts } from './drafts.ts';

const home = new Home('/home');
const hostId = 'h-1';
const viewer = { account: '1', region: 'r', groups: [] };
const graceMs = 3_600_000;
/** One of the drafts. */
const encrypted = 'a';
/** Of each draft. */
const indexes = 5;

export const draftsStory: CrashStory = {
  name: 'drafts and collection',
  async begin(files, seed): Promise<CrashPlay> {
    const world = new World(files, seed);
    await world.setUp();
    return { act: () => world.act(), restart: (left) => world.restart(left) };
  },
};

/** What the client of a draft knows. */
interface Client {
  /** Of each index what was sent last, and whether that was answered. */
  sent: Map<number, { block: Buffer; answered: boolean }>;
  state: 'putting' | 'completing' | 'completed' | 'deleting';
}

class World {
  #files: CrashingFiles;
  #store!: FsBlockStore;
  #drafts!: Drafts;
  readonly #catalog: Catalog = createMemoryCatalog();
  readonly #random: (below: number) => number;
  readonly #masterKey = MasterKey.of(Buffer.alloc(keyBytes, 'test'));
  #keyId = '';
  #now = Date.parse('2026-11-25T10:00:00Z');
  readonly #clients = new Map<string, Client>();
  readonly #clock = { now: () => new Date(this.#now), monotonicMs: () => this.#now };

  constructor(files: CrashingFiles, seed: number) {
    this.#files = files;
    this.#random = seededNumbers(seed + 7);
  }

  async setUp(): Promise<void> {
    await this.#files.mkdir(home.folder);
    await this.#files.syncFolder('/');
    await this.#open(this.#files);
    const making = { ids: randomIds, clock: this.#clock, masterKey: this.#masterKey };
    const asked = { description: '', manager: 'CUSTOMER' as const, tags: {} };
    const key = await this.#catalog.write((each) => createKey(each, viewer, asked, making));
    this.#keyId = key.id;
    await this.#begin('a');
    await this.#put('a', 0);
    await this.#begin('b');
    await this.#put('b', 0);
  }

  async act(): Promise<void> {
    const later = async (work: () => Promise<unknown>) => {
      for (let turns = this.#random(300); turns > 0; turns--) await undefined;
      await work();
    };
    const writer = (id: string, from: number) =>
      later(async () => {
        for (let index = from; index < indexes; index += 2) await this.#put(id, index);
        await this.#put(id, from);
      });
    await together([
      writer('a', 0),
      writer('a', 1),
      writer('b', 0),
      later(() => this.#collect()),
      later(async () => {
        await this.#begin('c');
        await this.#put('c', 1);
      }),
    ]);
    this.#now += graceMs;
    await together([
      later(() => this.#complete('a')),
      later(() => this.#delete('b')),
      writer('c', 0),
      later(() => this.#collect()),
    ]);
    this.#now += graceMs;
    await together([later(() => this.#collect()), later(() => this.#put('c', 1))]);
  }

  async restart(files: CrashingFiles): Promise<CrashDamage> {
    const damage: CrashDamage = { lost: [], doubled: [], leaked: [] };
    await this.#open(files);
    for (const [id, client] of this.#clients) {
      if (client.state === 'deleting') await this.#delete(id);
      else await this.#goOn(id, client, damage);
    }
    for (let i = 0; i < 2; i++) {
      this.#now += graceMs;
      await this.#collect();
    }
    for (const [id, { state }] of this.#clients) {
      if (state === 'completed') await this.#compare(id, damage);
    }
    await this.#check(damage);
    return damage;
  }

  async #open(files: CrashingFiles): Promise<void> {
    this.#files = files;
    this.#store = await FsBlockStore.open(home.blocksFolder, { files });
    this.#drafts = new Drafts({
      catalog: this.#catalog,
      blocks: oneBlockStore(this.#store),
      files,
      home,
      hostId,
      clock: this.#clock,
      log: silentLog,
      masterKey: this.#masterKey,
      checkRoom: async () => {},
    });
    await this.#drafts.start();
  }

  async #begin(id: string): Promise<void> {
    const encryption = id === encrypted ? { keyId: this.#keyId } : undefined;
    const about = { id, host: hostId, sizeGiB: 1, description: '', tags: {}, encryption };
    const row = startedUpload(viewer, { ...about, now: this.#clock.now() });
    await this.#drafts.begin(viewer, id, async () => {
      await this.#catalog.write(({ snapshots }) => snapshots.insert(row));
      this.#clients.set(id, { sent: new Map(), state: 'putting' });
      return row;
    });
  }

  /** Some are zeros, and some are in other drafts as well. */
  async #put(id: string, index: number): Promise<void> {
    const kind = this.#random(6);
    const block = kind === 0 ? zeroBlock : Buffer.alloc(blockSizeBytes, `block ${kind}`);
    await this.#send(id, index, block);
  }

  async #send(id: string, index: number, block: Buffer): Promise<void> {
    const sent = { block, answered: false };
    this.#clients.get(id)?.sent.set(index, sent);
    const put = { block, digest: digestOf(block) };
    await this.#drafts.put(viewer, { snapshotId: id, index }, async () => put);
    sent.answered = true;
  }

  async #complete(id: string): Promise<void> {
    const client = this.#clients.get(id) as Client;
    client.state = 'completing';
    const row = await this.#row(id);
    if (row?.state === 'pending') {
      const sent = [...client.sent].sort(([one], [other]) => one - other);
      const linear = createHash('sha256');
      for (const [, { block }] of sent) linear.update(digestOf(block), 'hex');
      const checksum = linear.digest('base64');
      await this.#drafts.complete(row as UploadRow, { changedBlocks: sent.length, checksum });
    }
    client.state = 'completed';
  }

  async #delete(id: string): Promise<void> {
    const client = this.#clients.get(id) as Client;
    client.state = 'deleting';
    await this.#catalog.write(({ snapshots }) => snapshots.delete(id));
    await this.#drafts.discard(id);
  }

  #row(id: string) {
    return this.#catalog.read(({ snapshots }) => snapshots.get(id));
  }

  /** As a client does that was cut off. */
  async #goOn(id: string, client: Client, damage: CrashDamage): Promise<void> {
    try {
      if (client.state === 'putting') {
        for (const [index, { block, answered }] of client.sent) {
          if (!answered) await this.#send(id, index, block);
        }
      }
      await this.#complete(id);
    } catch (error) {
      damage.lost.push(`${id} cannot go on: ${(error as Error).message}`);
    }
  }

  async #compare(id: string, damage: CrashDamage): Promise<void> {
    const row = await this.#row(id);
    if (row?.root === undefined) return void damage.lost.push(`${id} is ${row?.state}`);
    const map = await readBlockMap(this.#store, row.root);
    const store = await this.#storeOf(row);
    for (const [index, { block }] of this.#clients.get(id)?.sent ?? []) {
      const digest = await map.lookup(index);
      const is = digest === null ? zeroBlock : await store.get(digest).catch(() => undefined);
      if (!is?.equals(block)) damage.lost.push(`block ${index} of ${id}`);
    }
  }

  async #storeOf({ encryption }: SnapshotRow): Promise<BlockStore> {
    if (!encryption) return this.#store;
    const keys = new VolumeKeys({ catalog: this.#catalog, masterKey: this.#masterKey });
    return sealedStore(this.#store, sealKeyOf(await keys.blocks(encryption)));
  }

  async #collect(): Promise<void> {
    const services = {
      blocks: this.#store,
      catalog: this.#catalog,
      drafts: draftBlocks(this.#files, home, hostId),
      clock: this.#clock,
    };
    await collectBlocks(services, { graceMs, pace: new Pace(0) });
  }

  async #check(damage: CrashDamage): Promise<void> {
    const { roots } = await this.#catalog.read(blockRoots);
    for await (const finding of fsck({ store: this.#store, roots: [...roots] })) {
      if (finding.kind !== 'summary') damage.lost.push(JSON.stringify(finding));
      else if (finding.unreferencedBlocks > 0) {
        damage.leaked.push(`${finding.unreferencedBlocks} blocks that nothing needs`);
      }
    }
    for (const folder of [home.draftsFolder, `${home.blocksFolder}/incoming`]) {
      const names = await this.#files.readdir(folder);
      if (names.length > 0) damage.leaked.push(`${folder}/: ${names.join(', ')}`);
    }
  }
}

/** All have ended before a failure is told. */
async function together(works: readonly Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(works);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}
