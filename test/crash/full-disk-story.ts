/**
 * Run by full-disk.test.ts on a small disk, with a seed. An Imago with simulated machines is kept
 * busy; at a random moment somebody else takes all that is free, and whatever becomes free for a
 * while. Nothing may be answered without a code that says why; killed or stopped, Imago starts
 * again; then everything is deleted through the API, and when the other has gone an instance runs.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../../cli/client.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import type { Disk } from '../../server/disk/disk.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import { providerAccount } from '../../server/domain/accounts.ts';
import { randomIds } from '../../server/domain/identity.ts';
import { Home } from '../../server/foundations/home.ts';
import { gibBytes, mibBytes } from '../../server/foundations/sizes.ts';
import { Filler } from '../support/filler.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

const [seedText] = process.argv.slice(2);
const region = 'us-east-1';
/** What a request may be answered with on a full disk. */
const honest = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientVolumeCapacity',
  'ServiceUnavailable',
  // Of what was deleted or is not finished yet.
  'IncorrectInstanceState',
  'InvalidAMIID.NotFound',
  'InvalidAMIID.Unavailable',
  'InvalidSnapshot.NotFound',
  'InvalidSnapshot.InUse',
  'IncorrectState',
]);

/** mulberry32: a seed tells the same story again, as far as the machine lets it. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const chance = random(Number(seedText));
const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(chance() * all.length)];

/** 1 GiB, of which the first mebibytes are not zero. */
class SmallDisk implements Disk {
  readonly sizeBytes = gibBytes;
  async pread(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    return offset < 2 * mibBytes ? randomFillSync(bytes) : bytes;
  }
  async close(): Promise<void> {}
}

/** As a build of a provider image would have left it. */
async function makeHome(home: Home): Promise<void> {
  mkdirSync(home.folder, { recursive: true });
  const blocks = await FsBlockStore.open(home.blocksFolder);
  const { root, fullSizeBytes } = await uploadDisk({ store: blocks, disk: new SmallDisk() });
  const catalog = await openSqliteCatalog(home.catalogFile);
  const owned = { account: providerAccount.id, region, createdAt: new Date().toISOString() };
  const snapshotId = randomIds.resource('snap');
  await catalog.write(async ({ images, snapshots }) => {
    await snapshots.insert(
      snapshot(snapshotId, { ...owned, volumeSizeGiB: 1, root, fullSizeBytes }),
    );
    await images.insert(
      image(randomIds.resource('ami'), {
        ...owned,
        name: 'small',
        launchPermissions: ['all'],
        blockDeviceMappings: rootDisk(1, snapshotId),
      }),
    );
  });
  await catalog.close();
}

class Story {
  readonly #imago: ImagoProcess;
  readonly #home: Home;
  /** What was refused. */
  readonly told: string[] = [];

  constructor(imago: ImagoProcess) {
    this.#imago = imago;
    this.#home = new Home(imago.home);
  }

  get #client(): Client {
    return new Client({ endpoint: this.#imago.endpoint, region, ...this.#imago.credentials });
  }

  /** The answer, or undefined where it was refused with a code that says why. */
  async ask<Action extends Parameters<Client['ec2']>[0]>(
    action: Action,
    input: Parameters<Client['ec2']>[1],
  ): Promise<Record<string, never> | undefined> {
    try {
      return (await this.#client.ec2(action, input as never)) as never;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      this.told.push(`${action}: ${code} ${message}`);
      assert.ok(code !== undefined && honest.has(code), `${action}: ${message}`);
      return undefined;
    }
  }

  async must(action: Parameters<Client['ec2']>[0], input: Parameters<Client['ec2']>[1]) {
    try {
      return (await this.#client.ec2(action, input as never)) as Record<string, never>;
    } catch (error) {
      throw new Error(`${action}: ${(error as Error).message}`);
    }
  }

  async instances(): Promise<
    {
      InstanceId: string;
      State: { Name: string };
      BlockDeviceMappings: { Ebs: { VolumeId: string } }[];
    }[]
  > {
    const { Reservations = [] } = (await this.must('DescribeInstances', {})) as never as {
      Reservations?: { Instances: never[] }[];
    };
    return Reservations.flatMap(({ Instances }) => Instances);
  }

  async images(): Promise<{ ImageId: string; State: string; Name: string }[]> {
    const { Images = [] } = (await this.must('DescribeImages', { Owners: ['self'] })) as never as {
      Images?: never[];
    };
    return Images;
  }

  async snapshots(): Promise<{ SnapshotId: string; State: string }[]> {
    const { Snapshots = [] } = (await this.must('DescribeSnapshots', {
      OwnerIds: ['self'],
    })) as never as { Snapshots?: never[] };
    return Snapshots;
  }

  async provided(): Promise<string> {
    const { Images = [] } = (await this.must('DescribeImages', {
      Owners: ['amazon'],
    })) as never as { Images?: { ImageId: string }[] };
    return Images[0]?.ImageId ?? '';
  }

  async launch(count: number): Promise<void> {
    const ImageId = await this.provided();
    await this.ask('RunInstances', { ImageId, MinCount: 1, MaxCount: count });
  }

  /** What its guest would write. */
  async write(mebibytes: number): Promise<void> {
    const running = (await this.instances()).filter(({ State }) => State.Name === 'running');
    const volumeId = pick(running)?.BlockDeviceMappings[0]?.Ebs.VolumeId;
    if (volumeId === undefined) return;
    const offset = Math.floor(chance() * 900) * mibBytes;
    const command = `write -s /dev/urandom ${offset} ${mebibytes * mibBytes}`;
    try {
      const file = this.#home.layerFile(volumeId, 0);
      execFileSync('qemu-io', ['-f', 'qcow2', '-c', command, file], { stdio: 'ignore' });
    } catch {
      // Full, or a capture has put another layer on top.
    }
  }

  async act(number: number): Promise<void> {
    const Name = `image ${number}`;
    const instance = pick(await this.instances());
    const image = pick(await this.images());
    const snapshot = pick(await this.snapshots());
    const InstanceId = instance?.InstanceId ?? '';
    const acts = [
      () => this.launch(3),
      () => this.write(1 + Math.floor(chance() * 8)),
      () => this.write(1 + Math.floor(chance() * 8)),
      () => instance && this.ask('CreateImage', { InstanceId, Name, NoReboot: chance() < 0.7 }),
      () =>
        instance &&
        this.ask('CreateTags', { Resources: [InstanceId], Tags: [{ Key: Name, Value: Name }] }),
      () => instance && this.ask('StopInstances', { InstanceIds: [InstanceId] }),
      () => instance && this.ask('StartInstances', { InstanceIds: [InstanceId] }),
      () => instance && this.ask('TerminateInstances', { InstanceIds: [InstanceId] }),
      () => image && this.ask('DeregisterImage', { ImageId: image.ImageId }),
      () => snapshot && this.ask('DeleteSnapshot', { SnapshotId: snapshot.SnapshotId }),
    ];
    await pick(acts)?.();
  }

  async restart(): Promise<void> {
    if (chance() < 0.5) await this.#imago.kill();
    else assert.equal(await this.#imago.stop(), 0, 'it stops in good order');
    await this.#imago.start();
  }

  async empty(): Promise<void> {
    const settled = async () => (await this.images()).every(({ State }) => State !== 'pending');
    await until('no image pending', settled);
    for (const { InstanceId, State } of await this.instances()) {
      if (State.Name === 'terminated') continue;
      await this.must('CreateTags', {
        Resources: [InstanceId],
        Tags: [{ Key: 'Name', Value: 'last' }],
      });
      await this.must('TerminateInstances', { InstanceIds: [InstanceId] });
    }
    for (const { ImageId } of await this.images()) {
      await this.must('DeregisterImage', { ImageId });
    }
    const done = async () => (await this.snapshots()).every(({ State }) => State !== 'pending');
    await until('no snapshot pending', done);
    for (const { SnapshotId } of await this.snapshots()) {
      await this.must('DeleteSnapshot', { SnapshotId });
    }
    await until('all terminated', async () =>
      (await this.instances()).every(({ State }) => State.Name === 'terminated'),
    );
    await until('no volumes', async () => {
      const { Volumes = [] } = (await this.must('DescribeVolumes', {})) as never as {
        Volumes?: unknown[];
      };
      return Volumes.length === 0;
    });
  }

  async goesOn(): Promise<void> {
    await this.must('RunInstances', { ImageId: await this.provided(), MinCount: 1, MaxCount: 1 });
    await until('an instance runs', async () =>
      (await this.instances()).some(({ State }) => State.Name === 'running'),
    );
  }
}

async function tell(folder: string): Promise<void> {
  const home = new Home(path.join(folder, 'home'));
  await makeHome(home);
  const filler = new Filler(folder);
  const imago = await ImagoProcess.start({ hypervisor: 'simulated', home: home.folder });
  const story = new Story(imago);
  try {
    await delay(1000); // the ballast is written
    await story.launch(4);
    const fullAt = Math.floor(chance() * 20);
    const restartAt = fullAt + Math.floor(chance() * 10);
    for (let number = 0; number < fullAt + 15; number++) {
      if (number === fullAt) filler.fill(50 + chance() * 1000);
      if (number === restartAt) await story.restart();
      await story.act(number);
    }
    filler.rest();
    await story.empty();
    assert.deepEqual(readdirSync(home.volumesFolder), [], 'what its volumes took is given back');
    filler.empty();
    await story.goesOn();
  } catch (error) {
    console.error(`${story.told.join('\n')}\n${imago.log.slice(-6000)}`);
    throw error;
  } finally {
    filler.rest();
    await imago.stop();
  }
}

await tell(process.cwd());
