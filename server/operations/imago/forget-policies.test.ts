/** Policies that forget by restic's rules: made, carried out by the rounds, cut off, taken away. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { PutForgetPolicyRequest } from '../../../api/imago-forget-policies.ts';
import { enableImageDeregistrationProtection } from '../ec2/images/EnableImageDeregistrationProtection.ts';
import { round } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
import { deleteForgetPolicy } from './DeleteForgetPolicy.ts';
import { describeForgetPolicies } from './DescribeForgetPolicies.ts';
import { forgetBackups } from './ForgetBackups.ts';
import { putForgetPolicy } from './PutForgetPolicy.ts';

const sourceId = 'i-0123456789abcdef0';
const volumeId = 'vol-0123456789abcdef0';
const hourMs = 60 * 60_000;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

function pass(hours: number): void {
  context.now = new Date(context.now.getTime() + hours * hourMs);
}

async function backUp(source = sourceId, more: Parameters<typeof insertImage>[1] = {}) {
  pass(1);
  const createdAt = context.now.toISOString();
  return (await insertImage(context, { createdAt, backup: { sourceId: source }, ...more })).id;
}

const put = (asked: Partial<PutForgetPolicyRequest>) =>
  putForgetPolicy.run({ PolicyName: 'thin', ...asked }, context);

async function policy(PolicyName = 'thin') {
  const { Policies } = await describeForgetPolicies.run({ PolicyName }, context);
  return Policies[0];
}

const left = (ids: string[]) =>
  context.catalog.read(async ({ images, snapshots }) => {
    const rows = await Promise.all(
      ids.map(async (id) => (await images.get(id)) ?? snapshots.get(id)),
    );
    return ids.filter((_, index) => rows[index] !== undefined);
  });

test('at its times a policy removes what its rules do not keep, of the sources that it names', async () => {
  const mine = [await backUp(), await backUp(), await backUp()];
  const other = [await backUp('i-0fffffffffffffff0'), await backUp('i-0fffffffffffffff0')];
  const createdAt = context.now.toISOString();
  const snapshots = [];
  for (const at of [createdAt, new Date(context.now.getTime() + hourMs).toISOString()]) {
    const backup = { sourceId: volumeId };
    snapshots.push((await insertSnapshot(context, { backup, createdAt: at })).id);
  }
  pass(2);
  const { Policy } = await put({
    SourceIds: [sourceId, volumeId],
    KeepLast: 1,
    Schedule: 'rate(6 hours)',
  });
  assert.equal(Policy.NextRunTime?.getTime(), context.now.getTime() + 6 * hourMs);
  const all = [...mine, ...other, ...snapshots];
  pass(5);
  await round(context);
  assert.deepEqual(await left(all), all);
  pass(1);
  await round(context);
  assert.deepEqual(await left(all), [mine[2], ...other, snapshots[1]]);
  const { LastRun, NextRunTime } = (await policy()) ?? {};
  assert.deepEqual(LastRun, { Time: context.now, Removed: 3, Refused: 0, Problem: undefined });
  assert.equal(NextRunTime?.getTime(), context.now.getTime() + 6 * hourMs);
});

test('sources are found by their tags, be they instances or volumes', async () => {
  const { id } = await insertRunningInstance(context, await insertProviderImage(context), {
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'thin', Value: 'yes' }] }],
  });
  const mine = [await backUp(id), await backUp(id)];
  const other = [await backUp(), await backUp()];
  await put({ TargetTags: [{ Key: 'thin', Value: 'yes' }], KeepLast: 1 });
  for (const [SourceId, isFor] of [
    [id, true],
    [sourceId, false],
  ] as const) {
    const asked = { SourceId, PolicyName: 'thin', Preview: true };
    const { PolicyIsForSource } = await forgetBackups.run(asked, context);
    assert.equal(PolicyIsForSource, isFor);
  }
  pass(24);
  await round(context);
  assert.deepEqual(await left([...mine, ...other]), [mine[1], ...other]);
});

test('what is protected is left and told; a policy at rest, or gone, does nothing', async () => {
  const mine = [await backUp(), await backUp()];
  const [ImageId = ''] = mine;
  await enableImageDeregistrationProtection.run({ ImageId }, context);
  const said = { SourceIds: [sourceId], KeepLast: 1 };
  await put(said);
  pass(24);
  await round(context);
  const { LastRun } = (await policy()) ?? {};
  assert.equal(LastRun?.Refused, 1);
  assert.match(LastRun?.Problem ?? '', /i-0123456789abcdef0: .*protection/);
  mine.push(await backUp());
  await put({ ...said, Enabled: false });
  assert.equal((await policy())?.NextRunTime, undefined);
  pass(48);
  await round(context);
  assert.deepEqual(await left(mine), mine);
  await put(said);
  await deleteForgetPolicy.run({ PolicyName: 'thin' }, context);
  pass(48);
  await round(context);
  assert.deepEqual(await left(mine), mine);
  await assert.rejects(policy(), { code: 'ResourceNotFoundException' });
});

test('a clock that is behind removes nothing, and one that was ahead puts nothing off', async () => {
  const start = context.now;
  const mine = [await backUp(), await backUp()];
  context.now = new Date(start.getTime() + 1000 * 24 * hourMs);
  await put({ SourceIds: [sourceId], KeepLast: 1, Schedule: 'rate(7 days)' });
  context.now = start;
  await round(context);
  assert.equal((await policy())?.NextRunTime?.getTime(), start.getTime() + 7 * 24 * hourMs);
  // Of the time of its original, as a copy that was tried again is.
  const takenAt = new Date(start.getTime() + 9 * 24 * hourMs).toISOString();
  const createdAt = start.toISOString();
  const ahead = await insertImage(context, { createdAt, backup: { sourceId, takenAt } });
  // It is looked at each day, and its week is not put off by that.
  for (let day = 0; day < 7; day++) {
    pass(24);
    await round(context);
  }
  assert.match((await policy())?.LastRun?.Problem ?? '', /has not come/);
  assert.deepEqual(await left([...mine, ahead.id]), [...mine, ahead.id]);
  pass(7 * 24);
  await round(context);
  assert.deepEqual(await left([...mine, ahead.id]), [ahead.id]);
});

test('a round that was cut off goes on, and what was missed is made up for once', async () => {
  const sources = ['i-0aaaaaaaaaaaaaaa0', 'i-0bbbbbbbbbbbbbbb0'];
  const mine = [];
  for (const source of sources) mine.push(await backUp(source), await backUp(source));
  await put({ SourceIds: sources, KeepLast: 1, Schedule: 'rate(1 hour)' });
  pass(50);
  let writes = 0;
  const write: typeof context.catalog.write = async (work) => {
    const result = await context.catalog.write(work);
    // Done, and nobody hears of it.
    if (++writes === 1) throw new Error('the connection was lost');
    return result;
  };
  const dying = Object.assign(Object.create(context.catalog), {
    write,
    read: context.catalog.read.bind(context.catalog),
  });
  await assert.rejects(round({ ...context, catalog: dying }), /connection/);
  assert.equal((await left(mine)).length, 3);
  await round(context);
  assert.deepEqual(await left(mine), [mine[1], mine[3]]);
  const { LastRun } = (await policy()) ?? {};
  await round(context);
  assert.deepEqual((await policy())?.LastRun, LastRun);
});

test('ForgetBackups goes by a policy, too; pages; and each error', async () => {
  const mine = [await backUp(), await backUp()];
  await put({ SourceIds: [sourceId], KeepLast: 1, Timezone: 'Europe/Vienna' });
  const asked = { SourceId: sourceId, PolicyName: 'thin', Preview: true };
  const { Backups } = await forgetBackups.run(asked, context);
  assert.deepEqual(
    Backups.map(({ BackupId, Fate }) => [BackupId, Fate]),
    [
      [mine[1], 'kept'],
      [mine[0], 'removed'],
    ],
  );
  const both = { code: 'InvalidParameterCombination' };
  await assert.rejects(forgetBackups.run({ ...asked, KeepLast: 1 }, context), both);
  for (let number = 0; number < 6; number++) {
    await put({ PolicyName: `p${number}`, SourceIds: [sourceId], KeepDaily: 1 });
  }
  const first = await describeForgetPolicies.run({ MaxResults: 5 }, context);
  const { NextToken } = first;
  const second = await describeForgetPolicies.run({ NextToken }, context);
  assert.deepEqual([first.Policies.length, second.Policies.length], [5, 2]);
  assert.equal(first.Policies[0]?.KeepDaily, 1);
  const stranger = await context.asNewAccount();
  assert.deepEqual((await describeForgetPolicies.run({}, stranger)).Policies, []);
  const refusals: [Partial<PutForgetPolicyRequest>, string][] = [
    [{ KeepLast: 1 }, 'MissingParameter'],
    [{ SourceIds: [sourceId] }, 'MissingParameter'],
    [{ SourceIds: ['ami-0123456789abcdef0'], KeepLast: 1 }, 'InvalidParameterValue'],
    [{ SourceIds: [sourceId], KeepLast: 1, Schedule: 'daily' }, 'InvalidParameterValue'],
    [{ PolicyName: 'a b', SourceIds: [sourceId], KeepLast: 1 }, 'InvalidParameterValue'],
    [{ SourceIds: [sourceId], KeepLast: 1, Timezone: 'Nowhere' }, 'InvalidParameterValue'],
  ];
  for (const [said, code] of refusals)
    await assert.rejects(put(said), { code }, JSON.stringify(said));
});
