import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import { silentLog } from '../foundations/log.ts';
import { describeStorageHistory } from '../operations/imago/DescribeStorageHistory.ts';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import { daysMax, StorageHistory } from './storage-history.ts';
import { addSnapshot } from './test-rows.ts';

const gib = 1024 ** 3;
const dayMs = 24 * 60 * 60_000;
let context: TestContext;
let now: Date;
let history: StorageHistory;
beforeEach(async () => {
  context = await createTestContext();
  now = new Date('2026-11-26T10:00:00.000Z');
  const clock = { ...context.clock, now: () => now };
  history = new StorageHistory({ ...context, clock, log: silentLog });
});
afterEach(() => context[Symbol.asyncDispose]());

async function rootOf(...digests: string[]): Promise<string> {
  const changes = new Map(digests.map((digest, index) => [index, digest]));
  return (await storeMap(context.store, { sizeBytes: gib, changes })).root;
}

/** An account's snapshot of these blocks. */
async function addFor(account: string, root: string): Promise<void> {
  const id = await addSnapshot(context.catalog, root);
  await context.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(id);
    if (row) await snapshots.update({ ...row, account });
  });
}

const days = async (input = {}) => (await describeStorageHistory.run(input, context)).Days;

test('a day is recorded once: all together, and what each account needs', async () => {
  const shared = await storeBlock(context.store, randomBytes(9000));
  const own = await storeBlock(context.store, randomBytes(5000));
  await addFor('111111111111', await rootOf(shared, own));
  await addFor('111111111111', await rootOf(own));
  await addFor('222222222222', await rootOf(shared));
  await history.record();
  const [day, ...more] = await days();
  assert.deepEqual(more, []);
  assert.equal(day?.Day, '2026-11-26');
  const [most, least] = day?.Accounts ?? [];
  assert.deepEqual([most?.AccountId, least?.AccountId], ['111111111111', '222222222222']);
  assert.ok(most && least && day);
  // Pages of maps are counted, too.
  assert.ok(most.ExclusiveBytes >= 5000);
  const sharedBytes = most.StoredBytes - most.ExclusiveBytes;
  assert.ok(sharedBytes >= 9000 && sharedBytes < 9100, `${sharedBytes}`);
  assert.equal(sharedBytes, least.StoredBytes - least.ExclusiveBytes);
  assert.equal(day.NeededBytes, most.StoredBytes + least.ExclusiveBytes);
  await addFor('222222222222', await rootOf(own));
  await history.record();
  assert.deepEqual(await days(), [day]);
});

test('days without a change are recorded as well, and old ones are forgotten', async () => {
  await addFor('111111111111', await rootOf(await storeBlock(context.store, randomBytes(100))));
  await context.catalog.write(async ({ storageDays }) => {
    for (let age = 1; age <= daysMax; age++) {
      const id = new Date(now.getTime() - age * dayMs).toISOString().slice(0, 10);
      const measuredAt = `${id}T00:00:00.000Z`;
      await storageDays.insert({ id, measuredAt, neededBytes: age, accounts: [] });
    }
  });
  await history.record();
  now = new Date(now.getTime() + dayMs);
  await history.record();
  const all = await days({ MaxDays: daysMax });
  assert.equal(all.length, daysMax);
  assert.deepEqual(
    all.slice(-2).map(({ Day }) => Day),
    ['2026-11-26', '2026-11-27'],
  );
  assert.equal(all.at(-1)?.NeededBytes, all.at(-2)?.NeededBytes);
  assert.equal((await days({ MaxDays: 3 })).length, 3);
  await assert.rejects(days({ MaxDays: daysMax + 1 }), { code: 'InvalidParameterValue' });
});
