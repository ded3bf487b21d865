import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Catalog, CatalogUnavailableError, StaleRowError } from '../catalog.ts';
import { catalogSuite } from '../catalog-suite.ts';
import { ChangeFeed } from '../change-feed.ts';
import type { KeyPairRow } from '../rows/key-pair.ts';
import { TableQueries } from '../sql/queries.ts';
import type { StoredTables } from '../sql/stored-tables.ts';
import { keyPair, task } from '../test-rows.ts';
import { postgresQueries } from './connection.ts';
import { likePatterns } from './like.ts';
import { openPostgresCatalog } from './postgres-catalog.ts';
import { TestPostgres } from './test-server.ts';

let postgres: TestPostgres;
let catalogs = 0;
before(async () => {
  postgres = await TestPostgres.start();
});
after(() => postgres[Symbol.asyncDispose]());

const newDatabase = async () => ({ url: await postgres.schema(`catalog_${++catalogs}`) });
const count = (catalog: Catalog) => catalog.read(({ keyPairs }) => keyPairs.count());
const insert = (catalog: Catalog, id: string) =>
  catalog.write(({ keyPairs }) => keyPairs.insert(keyPair(id)));

catalogSuite('postgres', async () => openPostgresCatalog(await newDatabase()));

describe('several processes with one database', () => {
  test('start at once, and see what the others wrote', async () => {
    const database = await newDatabase();
    const opened = await Promise.all([1, 2, 3, 4].map(() => openPostgresCatalog(database)));
    await Promise.all(opened.map((catalog, number) => insert(catalog, `key-${number}`)));
    assert.deepEqual(await Promise.all(opened.map(count)), [4, 4, 4, 4]);
    await Promise.all(opened.map((catalog) => catalog.close()));
  });

  test('a write that another was in the way of is run again: none is lost', async () => {
    const database = await newDatabase();
    const opened = await Promise.all([1, 2, 3].map(() => openPostgresCatalog(database)));
    await insert(opened[0] as Catalog, 'key-1');
    let runs = 0;
    const increment = (catalog: Catalog) =>
      catalog.write(async ({ keyPairs }) => {
        runs++;
        const row = (await keyPairs.get('key-1')) as KeyPairRow;
        await keyPairs.update({ ...row, fingerprint: `${row.fingerprint}+` });
      });
    const all = opened.flatMap((catalog) => Array.from({ length: 10 }, () => increment(catalog)));
    await Promise.all(all);
    const row = await opened[0]?.read(({ keyPairs }) => keyPairs.get('key-1'));
    assert.equal(row?.fingerprint.length, 'f'.length + all.length);
    assert.ok(runs > all.length, 'they met');
    await Promise.all(opened.map((catalog) => catalog.close()));
  });

  test('tasks of all of them have one order', async () => {
    const database = await newDatabase();
    const opened = await Promise.all([1, 2].map(() => openPostgresCatalog(database)));
    const add = (catalog: Catalog, id: string) =>
      catalog.write(({ tasks }) => tasks.insert(task(id)));
    await Promise.all(
      opened.flatMap((catalog, one) => [1, 2, 3].map((two) => add(catalog, `task-${one}${two}`))),
    );
    const rows = await opened[0]?.read(({ tasks }) => tasks.list());
    assert.deepEqual(rows?.map(({ sequence }) => sequence).sort(), [1, 2, 3, 4, 5, 6]);
    await Promise.all(opened.map((catalog) => catalog.close()));
  });

  test('the work may make what it will of an error: what conflicted is not kept', async () => {
    const database = await newDatabase();
    const [one, other] = await Promise.all([1, 2].map(() => openPostgresCatalog(database)));
    assert.ok(one && other);
    await insert(one, 'key-1');
    let runs = 0;
    await one.write(async ({ keyPairs }) => {
      const row = (await keyPairs.get('key-1')) as KeyPairRow;
      if (++runs === 1) {
        await other.write(async (transaction) => {
          await transaction.keyPairs.update({ ...row, fingerprint: 'other' });
        });
      }
      await keyPairs.update({ ...row, fingerprint: `${row.fingerprint} and one` }).catch(() => {});
    });
    assert.equal(runs, 2);
    const row = await other.read(({ keyPairs }) => keyPairs.get('key-1'));
    assert.equal(row?.fingerprint, 'other and one');
    await assert.rejects(
      one.write(({ keyPairs }) => keyPairs.update({ ...(row as KeyPairRow), version: 1 })),
      StaleRowError,
    );
    await Promise.all([one.close(), other.close()]);
  });
});

describe('processes that follow changes', () => {
  /** A process: what one account hears there. */
  async function process(database: { url: string }) {
    const feed = new ChangeFeed(await openPostgresCatalog(database));
    const heard: string[] = [];
    const { account, region } = keyPair('key-0');
    feed.follow([`${region}/${account}`], (change) => heard.push(change?.id ?? '*'));
    return { catalog: feed.catalog, heard };
  }
  const comes = async (heard: readonly string[], id: string) => {
    while (!heard.includes(id)) await sleep(10);
  };

  test('hear of what others commit, and once of their own', async () => {
    const database = await newDatabase();
    const [one, other] = [await process(database), await process(database)];
    await Promise.all([comes(one.heard, '*'), comes(other.heard, '*')]);
    one.heard.length = other.heard.length = 0;
    await insert(one.catalog, 'key-1');
    await comes(other.heard, 'key-1');
    await other.catalog.write(({ keyPairs }) => keyPairs.delete('key-1'));
    await one.catalog.write(({ keyPairs }) =>
      keyPairs.insert(keyPair('key-2', { account: '222222222222' })),
    );
    await insert(one.catalog, 'key-3');
    await comes(other.heard, 'key-3');
    while (one.heard.length < 3) await sleep(10);
    assert.deepEqual(one.heard.toSorted(), ['key-1', 'key-1', 'key-3']);
    assert.deepEqual(other.heard, ['key-1', 'key-1', 'key-3']);
    await Promise.all([one.catalog.close(), other.catalog.close()]);
  });

  test('hear that anything may have changed of what is too much, and after they were away', async () => {
    const database = await newDatabase();
    const [one, other] = [await process(database), await process(database)];
    await Promise.all([comes(one.heard, '*'), comes(other.heard, '*')]);
    other.heard.length = 0;
    await one.catalog.write(async ({ keyPairs }) => {
      for (let number = 0; number < 500; number++) await keyPairs.insert(keyPair(`key-${number}`));
    });
    await comes(other.heard, '*');
    other.heard.length = 0;
    await postgres.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'imago'",
    );
    await comes(other.heard, '*');
    other.heard.length = 0;
    await insert(one.catalog, 'key-after');
    await comes(other.heard, 'key-after');
    await Promise.all([one.catalog.close(), other.catalog.close()]);
  });
});

describe('a server that goes away', () => {
  test('connections that it ended while they rested are made anew, unnoticed', async () => {
    const database = await newDatabase();
    const catalog = await openPostgresCatalog(database);
    await insert(catalog, 'key-1');
    await Promise.all([1, 2, 3].map(() => count(catalog)));
    await endBackends();
    assert.equal(await count(catalog), 1);
    await insert(catalog, 'key-2');
    assert.equal(await count(catalog), 2);
    await catalog.close();
  });

  test('so are several that are found out about one after the other', async () => {
    const catalog = await openPostgresCatalog(await newDatabase());
    await insert(catalog, 'key-1');
    const together = Promise.withResolvers<void>();
    let reading = 0;
    const reads = [1, 2, 3, 4].map(() =>
      catalog.read(async () => {
        if (++reading === 4) together.resolve();
        await together.promise;
      }),
    );
    await Promise.all(reads);
    postgres.querySync(endAll);
    assert.equal(await count(catalog), 1);
    await catalog.close();
  });

  test('one that it ended at work fails that work, and nothing of it is kept', async () => {
    const catalog = await openPostgresCatalog(await newDatabase());
    const cut = catalog.write(async ({ keyPairs }) => {
      await keyPairs.insert(keyPair('key-1'));
      await endBackends();
      await keyPairs.insert(keyPair('key-2'));
    });
    await assert.rejects(cut, CatalogUnavailableError);
    const read = catalog.read(async ({ keyPairs }) => {
      await endBackends();
      return keyPairs.count();
    });
    await assert.rejects(read, CatalogUnavailableError);
    assert.equal(await count(catalog), 0);
    await insert(catalog, 'key-1');
    await catalog.close();
  });

  test('while it is away everything says so; when it is back everything works, and what was written is there', async () => {
    const catalog = await openPostgresCatalog(await newDatabase());
    await insert(catalog, 'key-1');
    await postgres.stop();
    await assert.rejects(count(catalog), CatalogUnavailableError);
    await assert.rejects(insert(catalog, 'key-2'), CatalogUnavailableError);
    await postgres.run();
    assert.equal(await count(catalog), 1);
    await insert(catalog, 'key-2');
    assert.equal(await count(catalog), 2);
    await catalog.close();
  });

  test('an error says nothing of how to sign in', async () => {
    const url = `postgres://imago:secret@/nowhere?host=${encodeURIComponent(postgres.folder)}x`;
    await assert.rejects(openPostgresCatalog({ url }), (error: Error) => {
      assert.ok(error instanceof CatalogUnavailableError);
      const { cause, stack, message } = error;
      assert.doesNotMatch(`${stack} ${message} ${(cause as Error).stack}`, /secret/);
      return true;
    });
  });

  /** Waits until they are gone, for some seconds at most. */
  const endAll =
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'imago'";
  const endBackends = () => postgres.query(endAll);
});

test('a database of a newer Imago is refused', async () => {
  const database = await newDatabase();
  await (await openPostgresCatalog(database)).close();
  await postgres.query(`UPDATE catalog_${catalogs}."schemaVersion" SET version = 99`);
  await assert.rejects(openPostgresCatalog(database), /newer Imago \(schema 99/);
});

test('a database that does not keep what it says it keeps is refused', async () => {
  await postgres.query('CREATE DATABASE careless');
  await postgres.query('ALTER DATABASE careless SET synchronous_commit = off');
  const careless = openPostgresCatalog({ url: postgres.url('careless') });
  await assert.rejects(careless, /synchronous_commit is off/);
});

test('a page of what several keys find ends each of their walks', async () => {
  const database = await newDatabase();
  await (await openPostgresCatalog(database)).close();
  const images = new TableQueries(postgresQueries<StoredTables>(), 'images', likePatterns, true);
  const page = images.list({ where: { viewer: ['a', 'b', 'c'] }, after: 'ami-1', limit: 9 });
  const { sql = '', parameters = [] } = page ?? {};
  const client = new pg.Client(database.url);
  await client.connect();
  const { rows } = await client.query(`EXPLAIN ${sql}`, [...parameters]);
  await client.end();
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  assert.equal(plan.match(/\bLimit\b/g)?.length, 4, plan);
});

test('ids come bytewise, whatever the language of the database', async () => {
  await postgres.query(
    "CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C.UTF-8'",
  );
  const catalog = await openPostgresCatalog({ url: postgres.url('english') });
  for (const id of ['key-b', 'key-B', 'key-a', 'key-_']) await insert(catalog, id);
  const rows = await catalog.read(({ keyPairs }) => keyPairs.list());
  assert.deepEqual(
    rows.map(({ id }) => id),
    ['key-B', 'key-_', 'key-a', 'key-b'],
  );
  await catalog.close();
});
