import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { claimOldRows } from './hosts.ts';
import { randomIds, systemClock } from './identity.ts';
import { newTask } from './tasks.ts';

test('rows of before hosts had ids are claimed once, those of another host are not', async () => {
  const catalog = createMemoryCatalog();
  const order = { kind: 'k', subject: 's', account: 'a', region: 'r', input: null };
  const identity = { clock: systemClock, ids: randomIds };
  const [old, other, late] = [order, { ...order, host: 'h-other' }, order].map((each) =>
    newTask(each, identity),
  ) as [TaskRow, TaskRow, TaskRow];
  await catalog.write(async ({ leases, tasks }) => {
    for (const id of ['h-this', 'h-that']) {
      await leases.insert({ id, owner: 'o', until: new Date(0).toISOString(), epoch: 1 });
    }
    for (const row of [old, other]) await tasks.insert(row);
  });
  await claimOldRows(catalog, 'h-this');
  await claimOldRows(catalog, 'h-that');
  assert.equal(await hostOf(catalog, old), 'h-this');
  assert.equal(await hostOf(catalog, other), 'h-other');
  // What is done is not looked for again.
  await catalog.write(({ tasks }) => tasks.insert(late));
  await claimOldRows(catalog, 'h-this');
  assert.equal(await hostOf(catalog, late), undefined);
});

function hostOf(catalog: Catalog, { id }: TaskRow): Promise<string | undefined> {
  return catalog.read(async ({ tasks }) => (await tasks.get(id))?.host);
}
