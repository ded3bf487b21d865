/**
 * Imago without its wire, for tests of tasks and operations together: operations, catalog in
 * SQLite, driver of instances and runner of tasks are real, machines are simulated, blocks are in
 * memory. It can be killed at any step and started again.
 */

import { execFile } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { sealKeyOf } from '../blocks/sealed-block.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { ChangeFeed } from '../catalog/change-feed.ts';
import { noticeChanges } from '../catalog/changes.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { newTestCatalog } from '../catalog/sqlite/test-new-catalog.ts';
import { image, rootDisk, snapshot } from '../catalog/test-rows.ts';
import { ArchiveScrubber } from '../collection/archive-scrubber.ts';
import { GarbageCollector } from '../collection/garbage-collector.ts';
import { Scrubber } from '../collection/scrubber.ts';
import { StorageUsage } from '../collection/storage-usage.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { uploadDisk } from '../disk/upload-layers.ts';
import { examine } from '../doctor/examine.ts';
import { providerAccount } from '../domain/accounts.ts';
import { ensureFirstAccount } from '../domain/first-account.ts';
import { randomIds } from '../domain/identity.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import { volumesOf } from '../domain/volumes.ts';
import { draftBlocks } from '../drafts/draft-blocks.ts';
import type { Drafts } from '../drafts/drafts.ts';
import type { InstanceDriver } from '../driver/driver.ts';
import { testFolder } from '../files/test-folders.ts';
import { Home } from '../foundations/home.ts';
import { RecentLog } from '../foundations/recent-log.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { Inspector } from '../inspection/inspector.ts';
import { InstanceMetrics } from '../metrics/instance-metrics.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import type { TaskRunner } from './runner.ts';
import type { TaskServices } from './task.ts';
import { MarkedDisk } from './test-marked-disk.ts';
import { beginTestWork, type TestWorkOptions, testServices } from './test-work.ts';

export interface TestImagoOptions extends TestWorkOptions {
  /** The block store of eu-west-1 is not there. */
  elsewhereIsAbsent?: boolean;
}

/** Only ends a test that fails anyway. */
const untilLimitMs = 90_000;

export class TestImago implements AsyncDisposable {
  readonly home: Home;
  readonly changes: ChangeFeed;
  readonly catalog: Catalog;
  /** Of us-east-1. */
  readonly blocks = new MemoryBlockStore();
  /** Of eu-west-1. */
  readonly blocksElsewhere = new MemoryBlockStore();
  readonly caller = {
    account: '',
    region: 'us-east-1',
    accessKeyId: '',
    operator: true,
    groups: [],
  };
  services!: TaskServices;
  drafts!: Drafts;
  /** With its faults, as the host has it. */
  hypervisor!: Hypervisor;
  #driver!: InstanceDriver;
  #runner!: TaskRunner;
  #aheadMs = 0;
  #wallAheadMs = 0;

  private constructor(home: Home, catalog: Catalog) {
    this.home = home;
    this.changes = new ChangeFeed(catalog);
    this.catalog = this.changes.catalog;
  }

  static async start(options: TestImagoOptions = {}): Promise<TestImago> {
    const folder = await testFolder('imago-');
    const home = new Home(folder);
    const imago = new TestImago(home, await newTestCatalog(home.catalogFile));
    await mkdir(home.instancesFolder, { recursive: true });
    await imago.#begin(options);
    const credential = await ensureFirstAccount(imago.catalog, imago.services);
    Object.assign(imago.caller, { account: credential.account, accessKeyId: credential.id });
    return imago;
  }

  async #begin(options: TestImagoOptions): Promise<void> {
    const { home, catalog, blocks } = this;
    const blocksElsewhere = options.elsewhereIsAbsent ? undefined : this.blocksElsewhere;
    const clock = {
      now: () => new Date(Date.now() + this.#aheadMs + this.#wallAheadMs),
      monotonicMs: () => performance.now() + this.#aheadMs,
    };
    const under = { home, catalog, blocks, blocksElsewhere, clock };
    Object.assign(this, testServices(under, options));
    const { drafts, driver, runner } = await beginTestWork(this.services, options);
    this.drafts = drafts;
    this.#driver = driver;
    this.#runner = runner;
  }

  /** Everything in memory is gone, machines and files are as they were. */
  async restart(options: TestImagoOptions = {}): Promise<void> {
    await this.#end();
    await this.#begin(options);
  }

  /** As a kill would: what was under way goes on at the next start. */
  stopTasks(): Promise<void> {
    return this.#runner.stop();
  }

  async #end(): Promise<void> {
    await this.drafts.stop();
    await this.#runner.stop();
    await this.#driver.stop();
    await this.services.host.close({ keepServing: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    await this.catalog.close();
    await rm(this.home.folder, { recursive: true });
  }

  /** Time passes. */
  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Somebody sets the wall clock. */
  stepWallClock(ms: number): void {
    this.#wallAheadMs += ms;
  }

  context(region = this.caller.region): OperationContext {
    const catalog = noticeChanges(this.catalog, (changes) => {
      this.#driver.wake(changes);
      this.#runner.wake();
    });
    const { files, site } = this.services;
    const drafts = draftBlocks(files, this.home, site.hostId);
    const garbage = new GarbageCollector({ ...this.services, drafts });
    const archives = new ArchiveScrubber(this.services, { days: 1 });
    const scrubber = new Scrubber(this.services, { days: 1, archives });
    return {
      ...this.services,
      catalog,
      drafts: this.drafts,
      tokenKey: createSecretKey(Buffer.alloc(32, 'of a test')),
      garbage,
      scrubber,
      storage: new StorageUsage({ ...this.services, drafts }),
      inspector: new Inspector(this.services),
      metrics: new InstanceMetrics({ ...this.services, folder: this.home.metricsFolder }),
      changes: this.changes,
      recentLog: new RecentLog(),
      examine: () => examine({ ...this.services, garbage, scrubber }),
      caller: { ...this.caller, region },
      requestId: 'request-1',
    };
  }

  call<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    region?: string,
  ): Promise<Output> {
    return operation.run(input, this.context(region));
  }

  /**
   * A public image of the provider: of this disk, or 1 GiB, zeros but for its first 64 KiB, which
   * are of that byte.
   */
  async image(change: Partial<ImageRow> = {}, content: number | Disk = 1): Promise<ImageRow> {
    const { region } = this.caller;
    const { root, fullSizeBytes } = await uploadDisk({
      store: this.blocks,
      disk: typeof content === 'number' ? new MarkedDisk(content) : content,
    });
    const createdAt = new Date().toISOString();
    const owned = { account: providerAccount.id, region, createdAt };
    const snapshotId = randomIds.resource('snap');
    const shared = { ...owned, createVolumePermissions: ['all'] };
    const ofDisk = snapshot(snapshotId, { ...shared, volumeSizeGiB: 1, root, fullSizeBytes });
    const row = image(randomIds.resource('ami'), {
      ...owned,
      launchPermissions: ['all'],
      blockDeviceMappings: rootDisk(1, snapshotId),
      ...change,
    });
    await this.catalog.write(async ({ snapshots, images }) => {
      await snapshots.insert(ofDisk);
      await images.insert(row);
    });
    return row;
  }

  /** Polls the rows until they are as wanted, less often the longer it takes. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const started = Date.now();
    while (Date.now() - started < untilLimitMs) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      await delay(Math.max(5, Math.min(50, (Date.now() - started) / 20)));
    }
    throw new Error(`it never came to: ${what}`);
  }

  /** Of its attached volumes, in the order of its disks. */
  async volumeIds(id: string): Promise<string[]> {
    return (await this.catalog.read((reader) => volumesOf(reader, { id }))).map((row) => row.id);
  }

  instance(id: string) {
    return this.catalog.read(({ instances }) => instances.get(id));
  }

  untilState(id: string, state: string) {
    return this.until(`${id} ${state}`, async () => {
      const row = await this.instance(id);
      return row?.state === state && row;
    });
  }

  /** No task is unfinished. */
  async untilQuiet(): Promise<TaskRow[]> {
    return this.until('all tasks finished', async () => {
      const rows = await this.catalog.read(({ tasks }) => tasks.list());
      return rows.every(({ state }) => state === 'succeeded' || state === 'failed') && rows;
    });
  }

  /** What a guest would write: `length` bytes of `byte` into the top layer that its machine has. */
  async write(volumeId: string, offset: number, length: number, byte: number): Promise<void> {
    const volume = await this.catalog.read(({ volumes }) => volumes.get(volumeId));
    const instanceId = volume?.attachment?.instanceId ?? '';
    const machineTop = await this.hypervisor.layersOf(instanceId, volumeId).then(
      (layers) => layers.at(-1),
      () => undefined,
    );
    const top = machineTop ?? volume?.layers.at(-1)?.number;
    if (top === undefined) throw new Error(`${volumeId} has no layer`);
    const file = this.home.layerFile(volumeId, top);
    const command = ['-c', `write -P ${byte} ${offset} ${length}`];
    if (!volume?.encryption) {
      await promisify(execFile)('qemu-io', ['-f', 'qcow2', ...command, file]);
      return;
    }
    const secret = await this.#keys.layers(volume.encryption, volumeId);
    const object = ['--object', `secret,id=s,data=${secret}`, '--image-opts'];
    const image = `driver=qcow2,encrypt.format=luks,encrypt.key-secret=s,file.filename=${file}`;
    await promisify(execFile)('qemu-io', [...object, image, ...command]);
  }

  async consistency(snapshotId = ''): Promise<string | undefined> {
    const row = await this.catalog.read(({ snapshots }) => snapshots.get(snapshotId));
    return row?.tags['aws:imago:consistency'];
  }

  async readSnapshot(id: string, offset: number): Promise<number> {
    const snapshot = await this.catalog.read(({ snapshots }) => snapshots.get(id));
    const store = snapshot?.region === 'eu-west-1' ? this.blocksElsewhere : this.blocks;
    const reader = new CachedBlockReader(store, { capacityBytes: 16 * blockSizeBytes });
    const { encryption, root = '' } = snapshot ?? {};
    const key = encryption && sealKeyOf(await this.#keys.blocks(encryption));
    const disk = await openSnapshotDisk(reader, root, key && reader.opened(key));
    try {
      return (await disk.pread(offset, 1))[0] ?? -1;
    } finally {
      await disk.close();
    }
  }

  get #keys(): VolumeKeys {
    return new VolumeKeys({ catalog: this.catalog, masterKey: this.services.masterKey });
  }

  /** Files of volumes, as `vol-…/0.qcow2`. */
  async layerFiles(): Promise<string[]> {
    const folder = path.dirname(this.home.volumeFolder('any'));
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return names.filter((name) => name.includes(path.sep)).sort();
  }

  machineFolders(): Promise<string[]> {
    return readdir(this.home.instancesFolder);
  }
}

/** A port with some methods in place of its own: what `faults` is given is the port as it is. */
export function withFaults<Port extends object>(
  faults: (port: Port) => Partial<Port>,
): (port: Port) => Port {
  return (port) => {
    const replaced = faults(port);
    return new Proxy(port, {
      get(target, name) {
        const own = replaced[name as keyof Port];
        if (own) return own;
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        // Not bound: V8 takes no bound function as what `await using` disposes of.
        return (...request: unknown[]) => value.apply(target, request);
      },
    });
  };
}
