import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { TestPostgres } from '../../server/catalog/postgres/test-server.ts';
import { Home } from '../../server/foundations/home.ts';
import { untilInStep } from '../../test/support/second-store.ts';
import type { Client } from '../client.ts';
import { fsckCommand } from './fsck.ts';
import { gcCommand } from './gc.ts';
import { recoverCommand } from './recover.ts';
import { BurningImago, instanceIn, startsFromBackup, until } from './test-burning-imago.ts';
import { commandContext } from './test-command.ts';

const repository = path.resolve(import.meta.dirname, '../..');
let imago: BurningImago;

beforeEach(() => {
  imago = new BurningImago();
});
afterEach(() => imago[Symbol.dispose]());

async function ownImages(client: Client) {
  const { Images = [] } = await client.ec2('DescribeImages', { Owners: ['self'] });
  return Images.map(({ ImageId, Tags = [] }) => [ImageId, Tags.find(({ Key }) => Key === 'of')]);
}

test('all is brought back from the store alone, and an instance starts from its last backup', async () => {
  const { home, store } = imago;
  const { web, cache, backup, keyId } = await imago.make();
  imago.burn();
  const before = readdirSync(store, { recursive: true }).sort();
  const dry = await imago.recover({ dryRun: true, verify: true });
  assert.equal(existsSync(home.folder), false);
  assert.deepEqual(readdirSync(store, { recursive: true }).sort(), before);
  assert.match(dry.text, /2 images, 2 snapshots and 2 instances are there/);
  const { code, text } = await imago.recover();
  assert.equal(code, 1);
  assert.match(text, new RegExp(`${cache} \\(cache\\) has no backup of its root`));
  assert.match(text, new RegExp(`${web} \\(web\\) starts from snap-[0-9a-f]+ of`));
  await imago.use(async (client) => {
    assert.deepEqual(await ownImages(client), [[backup, { Key: 'of', Value: 'web' }]]);
    // Its material is opened by the master key, which was in the home.
    const dataKey = { KeyId: keyId, KeySpec: 'AES_256' } as const;
    assert.ok((await client.kms('GenerateDataKeyWithoutPlaintext', dataKey)).CiphertextBlob);
    assert.equal(await startsFromBackup(client, web), true);
    await instanceIn(client, cache, 'stopped');
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
  const again = await imago.recover({}, true);
  assert.deepEqual(JSON.parse(again.text).lostImages, []);
});

test('of a folder that is no store that is said, and not that a key is missing', async () => {
  const { context } = commandContext(imago.home);
  const recovery = recoverCommand(context, { from: [`${imago.store}-nowhere`] });
  await assert.rejects(recovery, { message: `${imago.store}-nowhere is no block store.` });
});

/** What names its blocks is a file of the home's archive alone. */
async function archive(client: Client, id: string): Promise<void> {
  await client.ec2('ModifySnapshotTier', { SnapshotId: id, StorageTier: 'archive' });
  await until('the archive', async () => {
    const { Snapshots = [] } = await client.ec2('DescribeSnapshots', { SnapshotIds: [id] });
    return Snapshots[0]?.StorageTier === 'archive';
  });
}

test('a second store that was kept in step brings back all, where the first is lost as well', async () => {
  const { home, folder } = imago;
  const { web, backup, keyId } = await imago.make();
  const second = path.join(folder, 'second');
  const copyStores = { folders: [second], lastMs: 300_000 };
  const archived = 'snap-0123456789abcdef9';
  await imago.addSnapshot(archived);
  await imago.use((client) => archive(client, archived));
  await imago.use(
    async (client) => {
      await untilInStep(home.folder, second);
      // What is said last goes there when Imago stops.
      const Tags = [{ Key: 'said', Value: 'last' }];
      await client.ec2('CreateTags', { Resources: [archived], Tags });
    },
    { copyStores },
  );
  rmSync(home.folder, { recursive: true });
  const recovered = await imago.recover({ from: [second], verify: true }, true);
  assert.equal(recovered.code, 1);
  const { lostImages, wholeImages, lostSnapshots } = JSON.parse(recovered.text);
  assert.deepEqual([lostImages, wholeImages, lostSnapshots], [[], 2, []]);
  await imago.use(async (client) => {
    const ofArchived = { SnapshotIds: [archived] };
    const { Snapshots = [] } = await client.ec2('DescribeSnapshots', ofArchived);
    const [{ State, StorageTier, Tags = [] } = {}] = Snapshots;
    assert.deepEqual([State, StorageTier], ['completed', 'standard']);
    assert.ok(Tags.some(({ Key, Value }) => Key === 'said' && Value === 'last'));
    const zone = { AvailabilityZone: 'us-east-1a', SnapshotId: archived };
    assert.ok((await client.ec2('CreateVolume', zone)).VolumeId);
    assert.deepEqual(await ownImages(client), [[backup, { Key: 'of', Value: 'web' }]]);
    const dataKey = { KeyId: keyId, KeySpec: 'AES_256' } as const;
    assert.ok((await client.kms('GenerateDataKeyWithoutPlaintext', dataKey)).CiphertextBlob);
    assert.equal(await startsFromBackup(client, web), true);
  });
});

test('from a catalog in PostgreSQL, into one in another database; one that has an Imago is refused', async () => {
  await using postgres = await TestPostgres.start();
  const first = { url: await postgres.schema('first') };
  const { web, backup } = await imago.make({ catalog: first });
  imago.burn();
  await assert.rejects(imago.recover({ catalog: first.url }), {
    message: 'The database has an Imago already.',
  });
  assert.equal(existsSync(imago.home.recoveringFile), true);
  const second = { url: await postgres.schema('second') };
  const { text } = await imago.recover({ catalog: second.url }, true);
  assert.deepEqual(JSON.parse(text).lostImages, []);
  assert.equal(existsSync(imago.home.catalogFile), false);
  // The home says which database is its.
  await assert.rejects(imago.use(async () => {}));
  await imago.use(
    async (client) => {
      assert.deepEqual(await ownImages(client), [[backup, { Key: 'of', Value: 'web' }]]);
      assert.equal(await startsFromBackup(client, web), true);
    },
    { catalog: second },
  );
});

/** All bytes of it, by name. */
function contentsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => `${file} ${readFileSync(file).toString('base64').slice(0, 2000)}`)
    .sort();
}

test('an Imago that runs keeps its store; one that comes back finds it another’s, and removes nothing of it', async () => {
  const { home, folder } = imago;
  await imago.make();
  const old = path.join(folder, 'old');
  const served = new Home(old);
  cpSync(home.folder, old, { recursive: true });
  rmSync(home.folder, { recursive: true });
  await imago.use(
    () =>
      assert.rejects(imago.recover({ from: [old] }), /runs with .*old: it would lose its block/),
    { home: served },
  );
  assert.equal(existsSync(home.folder), false);
  await imago.recover({ from: [old] });
  await imago.use(async () => {});
  const before = contentsOf(served.blocksFolder);
  const { context } = commandContext(served);
  for (const act of [
    () => imago.use(async () => {}, { home: served }),
    () => gcCommand(context, { grace: 0 }),
    () => fsckCommand(context, {}),
  ]) {
    await assert.rejects(act(), /The blocks in .*old\/blocks are another Imago's/);
  }
  assert.deepEqual(contentsOf(served.blocksFolder), before);
});

test('one that was still running elsewhere notes nothing in a store that was taken, and removes nothing', async () => {
  const { home, folder } = imago;
  await imago.make();
  const taken = path.join(home.blocksFolder, 'imago-store.json');
  await imago.use(async (client) => {
    // As a recovery on another host does, whose kernel knows nothing of this process.
    writeFileSync(taken, JSON.stringify({ id: 'another', host: 'h-0123456789abcdef0' }));
    const before = contentsOf(home.blocksFolder);
    const { Images = [] } = await client.ec2('DescribeImages', { Owners: ['self'] });
    await client.ec2('DeregisterImage', { ImageId: Images[0]?.ImageId ?? '' });
    await client.imago('CollectGarbage', { GraceSeconds: 0 });
    const ended = await until('the collection', async () => {
      const { Collection } = await client.imago('DescribeCollection', {});
      return Collection?.State !== 'running' && Collection;
    });
    assert.deepEqual([ended.State, ended.Error?.includes('another Imago')], ['failed', true]);
    const noted = (line: string) => /catalogs|condemned/.test(line);
    assert.deepEqual(contentsOf(home.blocksFolder).filter(noted), before.filter(noted));
  });
  assert.equal(existsSync(path.join(folder, 'key')), true);
});

test('what is refused leaves no home behind, and what the system refuses is a sentence', async () => {
  const { home, folder } = imago;
  await imago.make();
  imago.burn();
  const { context } = commandContext(home);
  await assert.rejects(imago.recover({ recoveryKeyFile: path.join(folder, 'none') }), {
    message: /cannot be opened: .*none is not there/,
    advice: /the right key/,
  });
  assert.equal(existsSync(home.folder), false);
  assert.equal(existsSync(context.home.folder), false);
  const launcher = path.join(repository, 'bin/imago');
  const from = ['--from', imago.store, '--recovery-key-file', imago.keyFile];
  for (const words of [
    ['recover', ...from],
    ['serve', '--hypervisor', 'simulated', '--listen', '127.0.0.1:0'],
  ]) {
    const asked = [...words, '--home', '/proc/none'];
    const run = promisify(execFile)(launcher, asked, { timeout: 20_000 });
    await assert.rejects(run, ({ code, stderr }: { code: number; stderr: string }) => {
      assert.match(stderr, /^imago: \/proc\/none is not there \(ENOENT\)\.$/m);
      assert.doesNotMatch(stderr, /^ +at /m);
      return code === 1;
    });
  }
});
