/** Versions of rows, and what is built on them: leases and the order of tasks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Catalog, MissingRowError, StaleRowError } from './catalog.ts';
import type { KeyPairRow } from './rows/key-pair.ts';
import type { TaskRow } from './rows/task.ts';
import { describeCatalog, keyPairsOf } from './test-catalog.ts';
import { keyPair, task } from './test-rows.ts';

export function versionSuite(name: string, open: () => Promise<Catalog>): void {
  describeCatalog(`versions in the catalog: ${name}`, open, (catalog) => {
    const { insert, get } = keyPairsOf(catalog);

    test('each update is a version, and what was read before another one is stale', async () => {
      await insert(keyPair('key-1', { version: 7 }));
      const update = (row: KeyPairRow) => catalog.write(({ keyPairs }) => keyPairs.update(row));
      const first = (await get('key-1')) as KeyPairRow;
      assert.equal(first.version, 1);
      const second = await update({ ...first, fingerprint: '2' });
      assert.deepEqual(second, { ...first, fingerprint: '2', version: 2 });
      await assert.rejects(update({ ...first, fingerprint: 'lost' }), StaleRowError);
      await assert.rejects(update(keyPair('key-1')), StaleRowError);
      await assert.rejects(update({ ...first, version: 3 }), StaleRowError);
      assert.deepEqual(await get('key-1'), second);
      const failing = catalog.write(async ({ keyPairs }) => {
        await keyPairs.update(second);
        throw new Error('no');
      });
      await assert.rejects(failing, /^Error: no$/);
      await update(await update(second));
      assert.equal((await get('key-1'))?.version, 4);
      await catalog.write(({ keyPairs }) => keyPairs.delete('key-1'));
      await assert.rejects(update(second), MissingRowError);
    });

    test('one of two who change the same row at once is told', async () => {
      await insert(keyPair('key-1'));
      const row = (await get('key-1')) as KeyPairRow;
      const update = () => catalog.write(({ keyPairs }) => keyPairs.update(row));
      const results = await Promise.allSettled([update(), update()]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    });

    test('tasks are numbered in the order in which they come, whatever their ids', async () => {
      const ids = ['task-3', 'task-1', 'task-2'];
      await catalog.write(async ({ tasks }) => {
        for (const id of ids.slice(0, 2)) await tasks.insert(task(id));
      });
      await catalog.write(({ tasks }) => tasks.insert(task('task-2', { sequence: 1 })));
      await catalog.write(async ({ tasks }) => {
        const row = (await tasks.get('task-1')) as TaskRow;
        await tasks.update({ ...row, sequence: 99, attempts: 1 });
      });
      const rows = await catalog.read(({ tasks }) => tasks.list());
      rows.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
      assert.deepEqual(
        rows.map(({ id, sequence, version }) => [id, sequence, version]),
        [
          ['task-3', 1, 1],
          ['task-1', 2, 2],
          ['task-2', 3, 1],
        ],
      );
    });

    test('a member that is absent is empty to a query, a number its text', async () => {
      await catalog.write(async ({ tasks }) => {
        await tasks.insert(task('task-1'));
        await tasks.insert(task('task-2', { host: 'h-1' }));
      });
      const ids = (host: string) =>
        catalog.read(async ({ tasks }) =>
          (await tasks.list({ where: { host } })).map(({ id }) => id),
        );
      assert.deepEqual(await ids(''), ['task-1']);
      assert.deepEqual(await ids('h-1'), ['task-2']);
    });

    test('a lease is taken by one, renewed by who has it, and counts its holders', async () => {
      const take = (owner: string, now: string, until: string) =>
        catalog.write(async ({ leases }) => {
          const lease = await leases.get('h-1');
          if (!lease) return leases.insert({ id: 'h-1', owner, until, epoch: 1 });
          const own = lease.owner === owner;
          if (!own && lease.until > now) return;
          await leases.update({ ...lease, owner, until, epoch: lease.epoch + (own ? 0 : 1) });
        });
      const held = async () => {
        const lease = await catalog.read(({ leases }) => leases.get('h-1'));
        return lease && [lease.owner, lease.until, lease.epoch];
      };
      await Promise.all(['a', 'b'].map((owner) => take(owner, '1', '2')));
      assert.deepEqual(await held(), ['a', '2', 1]);
      await take('a', '1', '3');
      await take('b', '2', '4');
      assert.deepEqual(await held(), ['a', '3', 1]);
      await Promise.all(['b', 'c'].map((owner) => take(owner, '3', '5')));
      assert.deepEqual(await held(), ['b', '5', 2]);
    });
  });
}
