/**
 * For tests of recoveries: an Imago with two machines, one of which has a backup, and what is left
 * of it when its host burns down.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { blockSizeBytes } from '../../server/blocks/block-store.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { storeBlock, storeMap } from '../../server/blocks/test-blocks.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import { Home } from '../../server/foundations/home.ts';
import { type ServeOptions, serve } from '../../server/main.ts';
import { openCatalog } from '../../server/open-catalog.ts';
import type { Client } from '../client.ts';
import { connect } from '../context.ts';
import { poll } from '../poll.ts';
import { type RecoverCommandOptions, recoverCommand } from './recover.ts';
import { commandContext } from './test-command.ts';

const region = 'us-east-1';

export class BurningImago implements Disposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'im-recover-'));
  readonly keyFile = path.join(this.folder, 'key');
  readonly home = new Home(path.join(this.folder, 'home'));
  /** Where the blocks are after the fire. */
  readonly store = path.join(this.folder, 'disk');

  constructor() {
    mkdirSync(this.home.folder);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  async use<T>(
    work: (client: Client) => Promise<T>,
    options: Partial<ServeOptions> = {},
  ): Promise<T> {
    const { keyFile } = this;
    const home = options.home ?? this.home;
    const server = await serve({
      home,
      listen: { host: '127.0.0.1', port: 0 },
      hypervisor: 'simulated',
      regions: [region],
      zones: 1,
      memoryOvercommit: 1,
      recoveryKey: { file: keyFile },
      ...options,
    });
    try {
      return await work(connect(commandContext(home).context));
    } finally {
      await server.close();
    }
  }

  /** An image of a running instance `web`, and beside it `cache`, of which there is none. */
  async make(options: Partial<ServeOptions> = {}) {
    const golden = await this.#publicImage(options.catalog);
    return this.use(async (client) => {
      const web = await launched(client, golden, 'web');
      const cache = await launched(client, golden, 'cache');
      const { ImageId: backup = '' } = await client.ec2('CreateImage', {
        InstanceId: web,
        Name: 'web-backup',
        NoReboot: true,
      });
      await until('the backup', async () => {
        const { Images = [] } = await client.ec2('DescribeImages', { ImageIds: [backup] });
        return Images[0]?.State === 'available';
      });
      await client.ec2('CreateTags', { Resources: [backup], Tags: [{ Key: 'of', Value: 'web' }] });
      const { KeyMetadata } = await client.kms('CreateKey', {});
      return { web, cache, backup, keyId: KeyMetadata?.KeyId ?? '' };
    }, options);
  }

  /** The disk with the blocks is all that is left. */
  burn(): void {
    renameSync(this.home.blocksFolder, this.store);
    rmSync(this.home.folder, { recursive: true });
  }

  async recover(options: Partial<RecoverCommandOptions> = {}, json = false) {
    const { context, printed } = commandContext(this.home, json);
    const asked = { from: [this.store], recoveryKeyFile: this.keyFile, ...options };
    const code = await recoverCommand(context, asked);
    return { code, text: printed() };
  }

  /** A snapshot of whose the machines are, with a block of its own: nobody serves meanwhile. */
  async addSnapshot(id: string): Promise<void> {
    const root = await this.#someMap();
    const catalog = await openCatalog(this.home, undefined);
    await catalog.write(async ({ instances, snapshots }) => {
      const [{ account } = { account: '' }] = await instances.list();
      await snapshots.insert(snapshot(id, { account, volumeSizeGiB: 1, root }));
    });
    await catalog.close();
  }

  async #someMap(): Promise<string> {
    const blocks = await FsBlockStore.open(this.home.blocksFolder);
    const digest = await storeBlock(blocks, randomBytes(blockSizeBytes));
    const changes = new Map([[0, digest]]);
    const { root } = await storeMap(blocks, { sizeBytes: 2 ** 30, changes });
    await blocks.close();
    return root;
  }

  /** A public image of another account, of one block at random. */
  async #publicImage(database: ServeOptions['catalog']): Promise<string> {
    const root = await this.#someMap();
    const catalog = await openCatalog(this.home, database);
    await catalog.write(async ({ images, snapshots }) => {
      await snapshots.insert(snapshot('snap-0123456789abcdef0', { volumeSizeGiB: 1, root }));
      const blockDeviceMappings = rootDisk(1, 'snap-0123456789abcdef0');
      await images.insert(
        image('ami-0123456789abcdef0', { launchPermissions: ['all'], blockDeviceMappings }),
      );
    });
    await catalog.close();
    return 'ami-0123456789abcdef0';
  }
}

export function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  return poll({ everyMs: 20, timeoutMs: 300_000, what }, async () => (await look()) || undefined);
}

export const instanceIn = (client: Client, id: string, state: string) =>
  until(`${id} ${state}`, async () => {
    const { Reservations = [] } = await client.ec2('DescribeInstances', { InstanceIds: [id] });
    const instance = Reservations[0]?.Instances?.[0];
    return instance?.State?.Name === state && instance;
  });

async function launched(client: Client, imageId: string, name: string): Promise<string> {
  const { Instances = [] } = await client.ec2('RunInstances', {
    ImageId: imageId,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: 't3.micro',
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }],
  });
  const id = Instances[0]?.InstanceId as string;
  await instanceIn(client, id, 'running');
  return id;
}

/** The instance starts, of its newest snapshot. */
export async function startsFromBackup(client: Client, id: string): Promise<boolean> {
  await instanceIn(client, id, 'stopped');
  await client.ec2('StartInstances', { InstanceIds: [id] });
  const { BlockDeviceMappings = [] } = await instanceIn(client, id, 'running');
  const volumeId = BlockDeviceMappings[0]?.Ebs?.VolumeId as string;
  const { Volumes = [] } = await client.ec2('DescribeVolumes', { VolumeIds: [volumeId] });
  const { Snapshots = [] } = await client.ec2('DescribeSnapshots', {
    Filters: [{ Name: 'volume-id', Values: [volumeId] }],
  });
  return Volumes[0]?.SnapshotId !== undefined && Volumes[0].SnapshotId === Snapshots[0]?.SnapshotId;
}
