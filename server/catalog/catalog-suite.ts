/**
 * What every catalog does, whatever keeps its rows: run against each implementation by its own test
 * file.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Catalog, DuplicateRowError, MissingRowError, type Query } from './catalog.ts';
import { keySuite } from './key-suite.ts';
import { patternSuite } from './pattern-suite.ts';
import type { KeyPairRow } from './rows/key-pair.ts';
import { describeCatalog, keyPairsOf } from './test-catalog.ts';
import { keyPair } from './test-rows.ts';
import { versionSuite } from './version-suite.ts';

export function catalogSuite(name: string, open: () => Promise<Catalog>): void {
  keySuite(name, open);
  patternSuite(name, open);
  versionSuite(name, open);
  describeCatalog(`catalog: ${name}`, open, (catalog) => {
    const { insert, list, get, count } = keyPairsOf(catalog);

    test('a row comes back as it went in', async () => {
      const row = keyPair('key-1', { tags: { Name: "a 'quoted' \u{1f511}" } });
      await insert(row);
      const stored = { ...row, version: 1 };
      assert.deepEqual(await get('key-1'), stored);
      assert.deepEqual(await catalog.read(({ keyPairs }) => keyPairs.list()), [stored]);
      assert.equal(await get('key-2'), undefined);
    });

    test('list narrows by columns, starts after an id, stops at a limit, and is ordered by id', async () => {
      await insert(
        keyPair('key-3'),
        keyPair('key-1'),
        keyPair('key-10', { region: 'eu-west-1' }),
        keyPair('key-2', { account: '222222222222' }),
      );
      assert.deepEqual(await list(), ['key-1', 'key-10', 'key-2', 'key-3']);
      assert.deepEqual(await list({ where: { account: '111111111111', region: 'us-east-1' } }), [
        'key-1',
        'key-3',
      ]);
      assert.deepEqual(await list({ where: { name: ['key-3', 'key-2', 'none'] } }), [
        'key-2',
        'key-3',
      ]);
      assert.deepEqual(await list({ where: { id: 'key-10' } }), ['key-10']);
      assert.deepEqual(await list({ where: { id: [] } }), []);
      assert.deepEqual(await list({ where: { name: undefined }, after: 'key-10', limit: 1 }), [
        'key-2',
      ]);
      assert.equal(await count(), 4);
      assert.equal(await count({ where: { account: '111111111111' } }), 3);
      assert.equal(await count({ where: { name: [] } }), 0);
    });

    test('scan goes through the rows of a list until it is told to stop, and may be run again', async () => {
      await insert(...[1, 2, 3, 4].map((number) => keyPair(`key-${number}`)));
      const scan = (query: Query<'keyPairs'>, last?: string) =>
        catalog.read(async ({ keyPairs }) => {
          const seen: string[] = [];
          for await (const { id } of keyPairs.scan(query)) {
            seen.push(id);
            if (id === last) break;
          }
          return seen;
        });
      assert.deepEqual(await scan({}, 'key-2'), ['key-1', 'key-2']);
      assert.deepEqual(await scan({}), ['key-1', 'key-2', 'key-3', 'key-4']);
      assert.deepEqual(await scan({ after: 'key-1', limit: 2 }), ['key-2', 'key-3']);
      assert.deepEqual(await scan({ where: { id: [] } }), []);
      // A loop that throws leaves nothing behind that is in the way of a later one.
      const failing = catalog.read(async ({ keyPairs }) => {
        for await (const _ of keyPairs.scan()) throw new Error('no');
      });
      await assert.rejects(failing, /^Error: no$/);
      await insert(keyPair('key-5'));
      assert.deepEqual(await scan({ after: 'key-3' }), ['key-4', 'key-5']);
    });

    test('a scan reads more rows than it takes at once, each of them once, and as many as it may', async () => {
      const ids = Array.from(
        { length: 600 },
        (_, number) => `key-${String(number).padStart(3, '0')}`,
      );
      await insert(...ids.map((id) => keyPair(id)));
      for (const limit of [undefined, 250, 251, 252, 502, 503, 599, 600, 601]) {
        const seen = await catalog.read(async ({ keyPairs }) => {
          const rows: string[] = [];
          for await (const { id } of keyPairs.scan({ limit })) rows.push(id);
          return rows;
        });
        assert.deepEqual(seen, ids.slice(0, limit));
      }
    });

    test('queries of one kind with other values, and of other kinds with the same, find what they ask for', async () => {
      const other = { account: '222222222222' };
      await insert(keyPair('key-1'), keyPair('key-2'), keyPair('key-3', other));
      const own = { account: '111111111111' };
      for (let round = 0; round < 2; round++) {
        for (const name of ['key-1', 'key-2']) {
          assert.deepEqual(await list({ where: { name } }), [name]);
          assert.deepEqual(await list({ where: { name, ...own } }), [name]);
          assert.deepEqual(await list({ where: { name, ...other } }), []);
          assert.deepEqual(await list({ where: { name: [name, 'key-3'] } }), [name, 'key-3']);
          assert.deepEqual(await list({ where: { name: { like: [`${name}*`] } } }), [name]);
          assert.deepEqual(await list({ where: { name: [name, name] } }), [name]);
          assert.equal(await count({ where: { name: { like: [name, 'key-3'] } } }), 2);
        }
        const many = Array.from({ length: 40 }, (_, number) => `key-${number + round}`);
        assert.deepEqual(await list({ where: { name: many } }), ['key-1', 'key-2', 'key-3']);
        assert.deepEqual(await list({ limit: 1 }), ['key-1']);
        assert.deepEqual(await list({ after: 'key-1' }), ['key-2', 'key-3']);
      }
    });

    test('update replaces the row and its columns; delete removes it', async () => {
      await insert(keyPair('key-1'), keyPair('key-2'));
      await catalog.write(async ({ keyPairs }) => {
        await keyPairs.update(keyPair('key-1', { name: 'renamed', version: 1 }));
        await keyPairs.delete('key-2');
        await keyPairs.delete('key-3');
      });
      assert.deepEqual(await list({ where: { name: 'key-1' } }), []);
      assert.deepEqual(await list({ where: { name: 'renamed' } }), ['key-1']);
      assert.deepEqual(await list(), ['key-1']);
    });

    test('ids and unique sets are enforced, missing rows are not updated', async () => {
      await insert(keyPair('key-1'), keyPair('key-2'));
      await assert.rejects(insert(keyPair('key-1', { name: 'other' })), DuplicateRowError);
      await assert.rejects(insert(keyPair('key-3', { name: 'key-1' })), DuplicateRowError);
      await assert.rejects(
        catalog.write(({ keyPairs }) =>
          keyPairs.update(keyPair('key-2', { name: 'key-1', version: 1 })),
        ),
        DuplicateRowError,
      );
      await assert.rejects(
        catalog.write(({ keyPairs }) => keyPairs.update(keyPair('key-9'))),
        MissingRowError,
      );
      await insert(keyPair('key-3', { name: 'key-1', region: 'eu-west-1' }));
      assert.deepEqual(await list(), ['key-1', 'key-2', 'key-3']);
    });

    test('a write that throws changes nothing', async () => {
      await insert(keyPair('key-1'));
      const failing = catalog.write(async ({ keyPairs }) => {
        await keyPairs.insert(keyPair('key-2'));
        await keyPairs.delete('key-1');
        throw new Error('no');
      });
      await assert.rejects(failing, /^Error: no$/);
      assert.deepEqual(await list(), ['key-1']);
    });

    test('a failed write leaves those around it alone', async () => {
      const results = await Promise.allSettled([
        insert(keyPair('key-1')),
        insert(keyPair('key-2', { name: 'key-1' })),
        insert(keyPair('key-3')),
      ]);
      assert.deepEqual(
        results.map((each) => each.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(await list(), ['key-1', 'key-3']);
    });

    test('writes are serialised: none is lost', async () => {
      await insert(keyPair('key-1', { fingerprint: '0' }));
      const increment = () =>
        catalog.write(async ({ keyPairs }) => {
          const row = (await keyPairs.get('key-1')) as KeyPairRow;
          await new Promise(setImmediate);
          await keyPairs.update({ ...row, fingerprint: String(Number(row.fingerprint) + 1) });
        });
      await Promise.all(Array.from({ length: 100 }, increment));
      const row = await catalog.read(({ keyPairs }) => keyPairs.get('key-1'));
      assert.equal(row?.fingerprint, '100');
    });

    test('a write that is asked for right when another ends is run', async () => {
      await insert(keyPair('key-1'));
      for (let count = 0; count < 20; count++) {
        await catalog.write(({ keyPairs }) =>
          keyPairs.update(keyPair('key-1', { version: count + 1 })),
        );
        await Promise.resolve();
      }
      await Promise.all(
        ['key-2', 'key-3'].map(async (id) => {
          await insert(keyPair(id));
          await insert(keyPair(`${id}0`));
        }),
      );
      assert.equal(await count(), 5);
    });

    test('a read sees one committed state, whatever is written meanwhile', async () => {
      await insert(keyPair('key-1'));
      const [written, proceed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const writing = catalog.write(async ({ keyPairs }) => {
        await keyPairs.insert(keyPair('key-2'));
        written.resolve();
        await proceed.promise;
      });
      await written.promise;
      const seen = await catalog.read(async ({ keyPairs }) => {
        const before = await keyPairs.count();
        proceed.resolve();
        await writing;
        return [before, await keyPairs.count()];
      });
      assert.deepEqual(seen, [1, 1]);
      assert.equal(await count(), 2);
    });

    test('what is returned and what was given is the caller’s own', async () => {
      const row = keyPair('key-1');
      await insert(row);
      row.tags.a = '1';
      const read = () => catalog.read(({ keyPairs }) => keyPairs.get('key-1'));
      const returned = await read();
      assert.deepEqual(returned?.tags, {});
      if (returned) returned.tags.b = '2';
      assert.deepEqual((await read())?.tags, {});
    });

    test('a transaction sees its own changes', async () => {
      const seen = await catalog.write(async ({ keyPairs }) => {
        await keyPairs.insert(keyPair('key-1'));
        return keyPairs.list({ where: { name: 'key-1' } });
      });
      assert.equal(seen.length, 1);
    });
  });
}
