/**
 * Imago without its wire, for tests of tasks and operations together: operations, catalog in SQLite, driver of instances and
 * runner of tasks are real, machines are simulated, blocks are in memory. It can be killed at any step and started again.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { openSqliteCatalog } from '../catalog/sqlite/sqlite-catalog.ts';
import { createIdleDataPlane } from '../data-plane/idle/idle-data-plane.ts';
import { captureDisk } from '../disk/capture.ts';
import type { Disk } from '../disk/disk.ts';
import { createLayer } from '../disk/qcow2-create.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { ensureFirstAccount, providerAccount } from '../domain/accounts.ts';
import { randomIds } from '../domain/identity.ts';
import { Home } from '../foundations/home.ts';
import { silentLog } from '../foundations/log.ts';
import { gibBytes } from '../foundations/sizes.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { createSimulatedHypervisor } from '../hypervisor/simulated/simulated-hypervisor.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import { createImage } from './create-image.ts';
import { createSnapshot } from './create-snapshot.ts';
import { createInstanceDriver, type InstanceDriver } from './drive-instances.ts';
import { Locks } from './locks.ts';
import { rebootInstance } from './reboot-instance.ts';
import { createTaskRunner, type StepHook, type TaskRunner } from './runner.ts';
import type { TaskDefinition, TaskServices } from './task.ts';

const definitions = [
  createImage,
  createSnapshot,
  rebootInstance,
] as unknown as readonly TaskDefinition<unknown, object>[];

export interface TestImagoOptions {
  onStep?: StepHook;
  /** Puts faults into the machines. */
  wrap?: (hypervisor: Hypervisor) => Hypervisor;
}

export class TestImago implements AsyncDisposable {
  readonly home: Home;
  readonly catalog: Catalog;
  readonly blocks = new MemoryBlockStore();
  readonly caller = { account: '', region: 'us-east-1', accessKeyId: '' };
  services!: TaskServices;
  #driver!: InstanceDriver;
  #runner!: TaskRunner;
  #aheadMs = 0;

  private constructor(home: Home, catalog: Catalog) {
    this.home = home;
    this.catalog = catalog;
  }

  static async start(options: TestImagoOptions = {}): Promise<TestImago> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-'));
    const home = new Home(folder);
    const imago = new TestImago(home, await openSqliteCatalog(home.catalogFile));
    await mkdir(home.instancesFolder, { recursive: true });
    await imago.#begin(options);
    const credential = await ensureFirstAccount(imago.catalog, imago.services);
    Object.assign(imago.caller, { account: credential.account, accessKeyId: credential.id });
    return imago;
  }

  async #begin({ onStep, wrap = (hypervisor) => hypervisor }: TestImagoOptions): Promise<void> {
    this.services = {
      catalog: this.catalog,
      blocks: this.blocks,
      hypervisor: wrap(createSimulatedHypervisor({ createLayer })),
      dataPlane: createIdleDataPlane(),
      home: this.home,
      clock: { now: () => new Date(Date.now() + this.#aheadMs) },
      ids: randomIds,
      site: {
        regions: ['us-east-1'],
        simulated: true,
        publicNetwork: '127.37.0.0/16',
        lowPorts: true,
      },
      log: silentLog,
      locks: new Locks(),
    };
    this.#driver = createInstanceDriver(this.services);
    await this.#driver.start();
    const { services } = this;
    this.#runner = createTaskRunner({ services, definitions, onStep, backOffMs: () => 1 });
    this.#runner.start();
  }

  /** Everything in memory is gone, machines and files are as they were. */
  async restart(options: TestImagoOptions = {}): Promise<void> {
    await this.#end();
    await this.#begin(options);
  }

  async #end(): Promise<void> {
    await this.#runner.stop();
    await this.#driver.stop();
    await this.services.hypervisor.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    await this.catalog.close();
    await rm(this.home.folder, { recursive: true });
  }

  /** The clock goes on from there. */
  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  context(): OperationContext {
    const wake = () => {
      this.#driver.wake();
      this.#runner.wake();
    };
    return { ...this.services, caller: this.caller, requestId: 'request-1', wake };
  }

  call<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    return operation.run(input, this.context());
  }

  /** A public image of the provider: 1 GiB, zeros but for its first 64 KiB, which are of `byte`. */
  async image(change: Partial<ImageRow> = {}, byte = 1): Promise<ImageRow> {
    const { region } = this.caller;
    const { root, fullSizeBytes } = await captureDisk({
      store: this.blocks,
      disk: new MarkedDisk(byte),
    });
    const now = new Date().toISOString();
    const owned = { account: providerAccount.id, region, createdAt: now, tags: {} };
    const snapshot: SnapshotRow = {
      ...owned,
      id: randomIds.resource('snap'),
      state: 'completed',
      description: '',
      volumeId: 'vol-ffffffff',
      volumeSizeGiB: 1,
      progressPercent: 100,
      startedAt: now,
      completedAt: now,
      root,
      fullSizeBytes,
    };
    const image: ImageRow = {
      ...owned,
      id: randomIds.resource('ami'),
      name: `image-${randomIds.uuid()}`,
      state: 'available',
      public: true,
      architecture: 'x86_64',
      rootDeviceName: '/dev/xvda',
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: {
            snapshotId: snapshot.id,
            volumeSizeGiB: 1,
            deleteOnTermination: true,
            volumeType: 'gp3',
          },
        },
      ],
      ...change,
    };
    await this.catalog.write(async ({ snapshots, images }) => {
      await snapshots.insert(snapshot);
      await images.insert(image);
    });
    return image;
  }

  /** Polls the rows until they are as wanted. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    for (let attempt = 0; attempt < 2000; attempt++) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      await delay(5);
    }
    throw new Error(`it never came to: ${what}`);
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

  /** What a guest would write: `length` bytes of `byte` into the volume's top layer. */
  async write(volumeId: string, offset: number, length: number, byte: number): Promise<void> {
    const volume = await this.catalog.read(({ volumes }) => volumes.get(volumeId));
    const top = volume?.layers.at(-1);
    if (!top) throw new Error(`${volumeId} has no layer`);
    const file = this.home.layerFile(volumeId, top.number);
    const command = `write -P ${byte} ${offset} ${length}`;
    await promisify(execFile)('qemu-io', ['-f', 'qcow2', '-c', command, file]);
  }

  async readSnapshot(id: string, offset: number): Promise<number> {
    const snapshot = await this.catalog.read(({ snapshots }) => snapshots.get(id));
    const reader = new CachedBlockReader(this.blocks, { capacityBytes: 16 * blockSizeBytes });
    const disk = await openSnapshotDisk(reader, snapshot?.root ?? '');
    try {
      return (await disk.pread(offset, 1))[0] ?? -1;
    } finally {
      await disk.close();
    }
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

const markBytes = 64 * 1024;

class MarkedDisk implements Disk {
  readonly sizeBytes = gibBytes;
  readonly #byte: number;
  constructor(byte: number) {
    this.#byte = byte;
  }
  async pread(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    if (offset < markBytes) bytes.fill(this.#byte, 0, Math.min(length, markBytes - offset));
    return bytes;
  }
  async close(): Promise<void> {}
}

/** The machines with some methods in place of theirs: `hypervisor` in them is the machines as they are. */
export function withFaults(
  faults: (hypervisor: Hypervisor) => Partial<Hypervisor>,
): (hypervisor: Hypervisor) => Hypervisor {
  return (hypervisor) => {
    const replaced = faults(hypervisor);
    return new Proxy(hypervisor, {
      get(target, name) {
        const own = replaced[name as keyof Hypervisor];
        if (own) return own;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
}
