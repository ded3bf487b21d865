/**
 * `imago serve` with its catalog in PostgreSQL: by flag, by the environment, while the server is
 * away, and again.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateKeyPairCommand,
  CreateTagsCommand,
  DescribeKeyPairsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { TestPostgres } from '../../server/catalog/postgres/test-server.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';

let postgres: TestPostgres;
let imago: ImagoProcess;
let url: string;
before(async () => {
  postgres = await TestPostgres.start();
  url = await postgres.schema('imago');
  const environment = { IMAGO_CATALOG: url, PGPASSWORD: 'unused' };
  imago = await ImagoProcess.start({ hypervisor: 'simulated', environment });
});
after(async () => {
  await imago.dispose();
  await postgres[Symbol.asyncDispose]();
});

const keys = async () => {
  const { KeyPairs = [] } = await imago.ec2().send(new DescribeKeyPairsCommand({}));
  return KeyPairs.map(({ KeyName }) => KeyName);
};

test('everything is in the database, and there it is after a restart', async () => {
  assert.equal(existsSync(path.join(imago.home, 'imago.db')), false);
  await imago.ec2().send(new CreateKeyPairCommand({ KeyName: 'one' }));
  const { Vpcs = [] } = await imago.ec2().send(new DescribeVpcsCommand({}));
  const Tags = [{ Key: 'Name', Value: 'first' }];
  await imago.ec2().send(new CreateTagsCommand({ Resources: [Vpcs[0]?.VpcId ?? ''], Tags }));
  await imago.kill();
  await imago.start();
  assert.deepEqual(await keys(), ['one']);
  const tags = await imago.ec2().send(new DescribeTagsCommand({}));
  assert.deepEqual(
    tags.Tags?.map(({ Value }) => Value),
    ['first'],
  );
  const [row] = await postgres.query('SELECT count(*) FROM imago."keyPairs"');
  assert.equal(Number(row?.count), 1);
});

test('while the database is away requests say so; when it is back they work', async () => {
  await postgres.stop();
  await assert.rejects(keys(), ({ name, $metadata }) => {
    assert.deepEqual([name, $metadata.httpStatusCode], ['Unavailable', 503]);
    return true;
  });
  await postgres.run();
  assert.deepEqual(await keys(), ['one']);
});

test('it can be stopped while the database is away', async () => {
  await postgres.stop();
  assert.equal(await imago.stop(), 0);
  await postgres.run();
  await imago.start();
  assert.deepEqual(await keys(), ['one']);
});

test('nobody collects by a file that was left over: the home says where its catalog is', async () => {
  assert.equal(await imago.stop(), 0);
  const left = path.join(imago.home, 'imago.db');
  await (await openSqliteCatalog(left)).close();
  const place = path.join(imago.home, 'catalog');
  assert.match(readFileSync(place, 'utf8'), /^postgres:\/\/imago@\/postgres\?host=.*imago\n$/);
  for (const command of ['gc', 'fsck', 'serve']) {
    const args = [command, '--home', imago.home];
    if (command === 'serve') args.push('--hypervisor', 'simulated', '--listen', '127.0.0.1:0');
    const { status, stderr } = spawnSync(launcher, args, { encoding: 'utf8' });
    assert.equal(status, 1, `${command} ${stderr}`);
    assert.match(stderr, /The catalog of the home .* is postgres:.*\nName it with --catalog/);
  }
  const env = { ...process.env, IMAGO_CATALOG: url };
  for (const command of ['gc', 'fsck']) {
    execFileSync(launcher, [command, '--home', imago.home], { env, stdio: 'pipe' });
  }
  await imago.start();
  assert.deepEqual(await keys(), ['one']);
});

test('nothing that signs in is in the log; a password on the command line is refused', () => {
  assert.doesNotMatch(imago.log, /unused|postgres:/);
  const args = ['serve', '--home', imago.home, '--catalog', 'postgres://a:secret@b/c'];
  assert.throws(
    () => execFileSync(launcher, args, { stdio: 'pipe' }),
    ({ stderr }) => /IMAGO_CATALOG/.test(String(stderr)) && !String(stderr).includes('secret'),
  );
  const line = readFileSync(`/proc/${imago.pid}/cmdline`, 'utf8');
  assert.doesNotMatch(line, /postgres|unused/);
});
