import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { TestPostgres } from '../../server/catalog/postgres/test-server.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import { storeToRecover } from '../../server/recovery/stores-to-recover.ts';
import type { Client } from '../client.ts';
import { BurningImago, instanceIn, startsFromBackup, until } from './test-burning-imago.ts';

const repository = path.resolve(import.meta.dirname, '../..');
let imago: BurningImago;

beforeEach(() => {
  imago = new BurningImago();
});
afterEach(() => imago[Symbol.dispose]());

/** What the guide says for the day, but for the serving, with the places of this test. */
async function followGuide(): Promise<string> {
  const guide = readFileSync(path.join(repository, 'docs/guides/backup.md'), 'utf8');
  const [, program = ''] = /## The host burnt down\n.*?```sh\n(.*?)```/s.exec(guide) ?? [];
  const [places = '', ...commands] = program.trim().split('\n');
  assert.match(places, /^STORE=\S+; NEW=\S+; KEY=\S+$/);
  assert.match(commands.pop() ?? '', /^bin\/imago serve --home \$NEW --recovery-key-file \$KEY$/);
  const { store, home, keyFile } = imago;
  const environment = { ...process.env, STORE: store, NEW: home.folder, KEY: keyFile };
  // It ends with 1, as something is lost.
  const script = [...commands, 'test $? = 1'].join('\n');
  const options = { cwd: repository, env: environment };
  return (await promisify(execFile)('sh', ['-c', script], options)).stdout;
}

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
  const text = await followGuide();
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

/** Of the catalogs sealed in a store that is being written. */
async function sealedIn(folder: string) {
  const store = await storeToRecover(nodeFiles, folder).catch(() => undefined);
  return store?.record?.catalogs.at(-1)?.root;
}

test('a second store that was kept in step brings back all, where the first is lost as well', async () => {
  const { home, folder } = imago;
  const { web, backup, keyId } = await imago.make();
  const second = path.join(folder, 'second');
  const copyStores = { folders: [second] };
  await imago.use(
    () =>
      until('the second store is in step', async () => {
        const sealed = await sealedIn(second);
        return sealed !== undefined && sealed === (await sealedIn(home.blocksFolder));
      }),
    { copyStores },
  );
  rmSync(home.folder, { recursive: true });
  const recovered = await imago.recover({ from: [second], verify: true }, true);
  assert.equal(recovered.code, 1);
  const { lostImages, wholeImages } = JSON.parse(recovered.text);
  assert.deepEqual([lostImages, wholeImages], [[], 2]);
  await imago.use(async (client) => {
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
