import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { claimOldRows } from './hosts.ts';
import { randomIds, systemClock } from './identity.ts';
import { newTask } from './tasks.ts';

test('rows of before hosts had ids are claimed once, those of another host are not', async () => {
  const catalog = createMemoryCatalog();
  const order = { kind: 'k', subject: 's', account: 'a', region: 'r', input: null };
  const identity = { clock: systemClock, ids: randomIds };
  const rows = [newTask(order, identity), newTask({ ...order, host: 'h-other' }, identity)];
  await catalog.write(async ({ tasks }) => {
    for (const row of rows) await tasks.insert(row);
  });
  await claimOldRows(catalog, 'h-this');
  await claimOldRows(catalog, 'h-that');
  const hosts = await catalog.read(({ tasks }) =>
    Promise.all(rows.map(async ({ id }) => (await tasks.get(id))?.host)),
  );
  assert.deepEqual(hosts, ['h-this', 'h-other']);
});
