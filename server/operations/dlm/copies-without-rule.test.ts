/** Copies whose rule has left the policy: until when they stay. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Random } from '../../../test/fuzz/random.ts';
import { killed } from '../../catalog/test-faulty-catalog.ts';
import {
  backupsOf,
  endCaptures,
  makePolicy,
  policyDetails,
  round,
  wholeRound,
} from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
import { updateLifecyclePolicy } from './UpdateLifecyclePolicy.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
  await insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'backup', Value: 'yes' }] }],
  });
});
afterEach(() => context[Symbol.asyncDispose]());

const copy = { TargetRegion: 'eu-west-1', Encrypted: false };
const fiveDays = { RetainRule: { Interval: 5, IntervalUnit: 'DAYS' } };

async function withCopies(rule: object): Promise<string> {
  const id = await makePolicy(context, policyDetails({ CrossRegionCopyRules: [rule] }));
  for (const day of [24, 25, 26]) {
    context.now = new Date(`2026-11-${day}T03:00:00.000Z`);
    await wholeRound(context, 2);
  }
  assert.deepEqual(await copyDays(id), ['24', '25', '26']);
  return id;
}

async function copyDays(id: string): Promise<string[]> {
  const { images } = await backupsOf(context, id);
  const copies = images.filter(({ region }) => region === 'eu-west-1');
  return copies.map(({ createdAt }) => createdAt.slice(8, 10));
}

async function change(PolicyId: string, schedule: object = {}): Promise<void> {
  const PolicyDetails = policyDetails(schedule);
  await updateLifecyclePolicy.run({ PolicyId, PolicyDetails }, context);
}

async function daysUntil(day: string): Promise<void> {
  const end = new Date(`2026-${day}T12:00:00.000Z`);
  while (context.now < end) {
    context.now = new Date(context.now.getTime() + 12 * 60 * 60_000);
    await wholeRound(context, 1);
  }
}

test('copies whose rule is no more go when their time has come, but for the last one', async () => {
  const id = await withCopies({ ...copy, ...fiveDays });
  await change(id);
  await daysUntil('11-28');
  assert.deepEqual(await copyDays(id), ['24', '25', '26']);
  await daysUntil('11-29');
  assert.deepEqual(await copyDays(id), ['25', '26']);
  await daysUntil('12-12');
  assert.deepEqual(await copyDays(id), ['26']);
});

test('copies that were told no time stay when their rule is no more', async () => {
  const id = await withCopies(copy);
  await change(id);
  await daysUntil('12-12');
  assert.deepEqual(await copyDays(id), ['24', '25', '26']);
});

test('copies of a schedule that has another name now stay', async () => {
  const id = await withCopies({ ...copy, ...fiveDays });
  await change(id, { Name: 'Nightly' });
  await daysUntil('12-12');
  assert.deepEqual(await copyDays(id), ['24', '25', '26']);
});

test('a copy goes when the rule goes at once, wherever Imago was killed in ordering it', async () => {
  const ids: string[] = [];
  const rule = { ...copy, ...fiveDays };
  for (let seed = 0; seed < 8; seed++) {
    context.now = new Date(`2027-0${1 + Math.floor(seed / 4)}-0${1 + (seed % 4)}T03:00:00.000Z`);
    const id = await makePolicy(context, policyDetails({ CrossRegionCopyRules: [rule] }));
    context.now = new Date(context.now.getTime() + 24 * 60 * 60_000);
    await round(context);
    await endCaptures(context);
    context.now = new Date(context.now.getTime() + 60_000);
    const catalog = killed(context.catalog, new Random(seed));
    await round({ ...context, catalog }).catch(() => {});
    await change(id);
    ids.push(id);
  }
  for (let day = 0; day < 8; day++) {
    context.now = new Date(context.now.getTime() + 24 * 60 * 60_000);
    await wholeRound(context, 1);
  }
  const left = (await Promise.all(ids.map(copyDays))).flat();
  // Of all policies together the last good one.
  assert.equal(left.length, 1, `${left}`);
});
