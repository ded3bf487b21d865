import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { storeBlock, storeMap } from '../../server/blocks/test-blocks.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import { Home } from '../../server/foundations/home.ts';
import { serve } from '../../server/main.ts';
import type { Client } from '../client.ts';
import { connect } from '../context.ts';
import { poll } from '../poll.ts';
import { type RecoverCommandOptions, recoverCommand } from './recover.ts';
import { commandContext } from './test-command.ts';

const region = 'us-east-1';
const repository = path.resolve(import.meta.dirname, '../..');
let folder: string;
let keyFile: string;
let home: Home;
let store: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'im-recover-'));
  keyFile = path.join(folder, 'key');
  home = new Home(path.join(folder, 'home'));
  mkdirSync(home.folder);
  store = path.join(folder, 'disk');
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(
  from = home,
  recoveryKey: { file?: string; passphrase?: string } | undefined = { file: keyFile },
) {
  return serve({
    home: from,
    listen: { host: '127.0.0.1', port: 0 },
    hypervisor: 'simulated',
    regions: [region],
    zones: 1,
    memoryOvercommit: 1,
    recoveryKey,
  });
}

const clientOf = (of: Home) => connect(commandContext(of).context);

async function use<T>(of: Home, work: (client: Client) => Promise<T>): Promise<T> {
  const server = await start(of);
  try {
    return await work(clientOf(of));
  } finally {
    await server.close();
  }
}

function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  return poll({ everyMs: 20, timeoutMs: 60_000, what }, async () => (await look()) || undefined);
}

const instanceIn = (client: Client, id: string, state: string) =>
  until(`${id} ${state}`, async () => {
    const { Reservations = [] } = await client.ec2('DescribeInstances', { InstanceIds: [id] });
    const instance = Reservations[0]?.Instances?.[0];
    return instance?.State?.Name === state && instance;
  });

/** A public image of another account, of one block at random. */
async function publicImage(): Promise<string> {
  const blocks = await FsBlockStore.open(home.blocksFolder);
  const digest = await storeBlock(blocks, randomBytes(50_000));
  const { root } = await storeMap(blocks, { sizeBytes: 2 ** 30, changes: new Map([[0, digest]]) });
  const catalog = await openSqliteCatalog(home.catalogFile);
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

/** An image of a running instance `web`, and beside it `cache`, of which there is none. */
async function madeImago() {
  const golden = await publicImage();
  return use(home, async (client) => {
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
  });
}

/** The disk with the blocks is all that is left. */
function burn(): void {
  renameSync(home.blocksFolder, store);
  rmSync(home.folder, { recursive: true });
}

async function run(options: Partial<RecoverCommandOptions> = {}, into = home, json = false) {
  const { context, printed } = commandContext(into, json);
  const code = await recoverCommand(context, {
    from: [store],
    recoveryKeyFile: keyFile,
    ...options,
  });
  return { code, text: printed() };
}

/** What the guide says for the day, but for the serving, with the places of this test. */
async function followGuide(): Promise<string> {
  const guide = readFileSync(path.join(repository, 'docs/guides/backup.md'), 'utf8');
  const [, program = ''] = /## The host burnt down\n.*?```sh\n(.*?)```/s.exec(guide) ?? [];
  const [places = '', ...commands] = program.trim().split('\n');
  assert.match(places, /^STORE=\S+; NEW=\S+; KEY=\S+$/);
  assert.match(commands.pop() ?? '', /^bin\/imago serve --home \$NEW --recovery-key-file \$KEY$/);
  const environment = { ...process.env, STORE: store, NEW: home.folder, KEY: keyFile };
  // It ends with 1, as something is lost.
  const script = [...commands, 'test $? = 1'].join('\n');
  const options = { cwd: repository, env: environment };
  return (await promisify(execFile)('sh', ['-c', script], options)).stdout;
}

test('all is brought back from the store alone, and an instance starts from its last backup', async () => {
  const { web, cache, backup, keyId } = await madeImago();
  burn();
  const before = readdirSync(store, { recursive: true }).sort();
  const dry = await run({ dryRun: true, verify: true });
  assert.equal(existsSync(home.folder), false);
  assert.deepEqual(readdirSync(store, { recursive: true }).sort(), before);
  assert.match(dry.text, /2 images, 2 snapshots and 2 instances are there/);
  const text = await followGuide();
  assert.match(text, new RegExp(`${cache} \\(cache\\) has no backup of its root`));
  assert.match(text, new RegExp(`${web} \\(web\\) starts from snap-[0-9a-f]+ of`));
  await use(home, async (client) => {
    const { Images = [] } = await client.ec2('DescribeImages', { Owners: ['self'] });
    assert.deepEqual(
      Images.map(({ ImageId, Tags = [] }) => [ImageId, Tags.find(({ Key }) => Key === 'of')]),
      [[backup, { Key: 'of', Value: 'web' }]],
    );
    // Its material is opened by the master key, which was in the home.
    const dataKey = { KeyId: keyId, KeySpec: 'AES_256' } as const;
    assert.ok((await client.kms('GenerateDataKeyWithoutPlaintext', dataKey)).CiphertextBlob);
    await instanceIn(client, web, 'stopped');
    await client.ec2('StartInstances', { InstanceIds: [web] });
    const { BlockDeviceMappings = [] } = await instanceIn(client, web, 'running');
    const volumeId = BlockDeviceMappings[0]?.Ebs?.VolumeId as string;
    const { Volumes = [] } = await client.ec2('DescribeVolumes', { VolumeIds: [volumeId] });
    const { Snapshots = [] } = await client.ec2('DescribeSnapshots', {
      Filters: [{ Name: 'volume-id', Values: [volumeId] }],
    });
    assert.equal(Volumes[0]?.SnapshotId, Snapshots[0]?.SnapshotId);
    await assert.rejects(
      client.ec2('StartInstances', { InstanceIds: [cache] }),
      /does not have a volume attached at root/,
    );
    await client.imago('CollectGarbage', { GraceSeconds: 0 });
    await until('collected', async () => {
      const { Collection } = await client.imago('DescribeCollection', {});
      return Collection?.State === 'succeeded';
    });
  });
  // What was recovered is sealed again, and its blocks are there.
  rmSync(home.folder, { recursive: true });
  const again = await run({}, home, true);
  assert.deepEqual(JSON.parse(again.text).lostImages, []);
});
