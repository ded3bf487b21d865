/** Forgetting backups of a source by restic's rules; the rules themselves are domain/backups' test. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ForgetBackupsRequest } from '../../../api/imago-forget.ts';
import { createImage } from '../ec2/images/CreateImage.ts';
import { disableImageDeregistrationProtection } from '../ec2/images/DisableImageDeregistrationProtection.ts';
import { enableImageDeregistrationProtection } from '../ec2/images/EnableImageDeregistrationProtection.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
import { forgetBackups } from './ForgetBackups.ts';

const SourceId = 'i-0123456789abcdef0';
const dayMs = 24 * 60 * 60_000;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

/** A day after the one before it. */
async function backUp(more: Parameters<typeof insertImage>[1] = {}): Promise<string> {
  context.now = new Date(context.now.getTime() + dayMs);
  const createdAt = context.now.toISOString();
  const { id } = await insertImage(context, { createdAt, backup: { sourceId: SourceId }, ...more });
  return id;
}

async function forget(rules: Omit<ForgetBackupsRequest, 'SourceId'>) {
  const { Backups } = await forgetBackups.run({ SourceId, ...rules }, context);
  return Backups.map(({ BackupId, Fate, Reasons }) => [BackupId, Fate, Reasons]);
}

const isThere = (id: string) =>
  context.catalog.read(async ({ images }) => (await images.get(id)) !== undefined);

test('what no rule keeps goes, with the reasons of what stays; a preview removes nothing', async () => {
  const [one, two, three] = [
    await backUp(),
    await backUp({ tags: { keep: 'me' } }),
    await backUp(),
  ];
  const elsewhere = await backUp({ backup: { sourceId: 'i-0fffffffffffffff0' } });
  const told = [
    [three, 'kept', ['last snapshot', 'last good']],
    [two, 'kept', ['tags keep=me']],
    [one, 'removed', []],
  ];
  const rules = { KeepLast: 1, KeepTags: ['keep=me'] };
  assert.deepEqual(await forget({ ...rules, Preview: true }), told);
  assert.ok(await isThere(one));
  assert.deepEqual(await forget(rules), told);
  assert.deepEqual(await Promise.all([one, two, three, elsewhere].map(isThere)), [
    false,
    true,
    true,
    true,
  ]);
});

test('the last good ones stay: the newest, and the last whose drill passed', async () => {
  const lastDrill = { drillId: 'drill-1', endedAt: context.now.toISOString() };
  const passed = await backUp({ lastDrill: { ...lastDrill, verdict: 'passed' } });
  const failed = await backUp({ lastDrill: { ...lastDrill, verdict: 'failed' } });
  const newest = await backUp();
  assert.deepEqual(await forget({ KeepWithin: '1h' }), [
    [newest, 'kept', ['within 1h', 'last good']],
    [failed, 'removed', []],
    [passed, 'kept', ['last good']],
  ]);
});

test('one that is protected is left, and told; snapshots go as images do', async () => {
  const ImageId = await backUp();
  await enableImageDeregistrationProtection.run({ ImageId }, context);
  const backup = { sourceId: SourceId };
  const { id } = await insertSnapshot(context, { backup, createdAt: context.now.toISOString() });
  const newest = await backUp();
  const { Backups } = await forgetBackups.run({ SourceId, KeepDaily: 1 }, context);
  const fates = new Map(Backups.map((each) => [each.BackupId, each]));
  assert.equal(fates.get(newest)?.Fate, 'kept');
  assert.equal(fates.get(id)?.Fate, 'removed');
  assert.equal(fates.get(ImageId)?.Fate, 'refused');
  assert.match(fates.get(ImageId)?.Problem ?? '', /deregistration protection/);
  await disableImageDeregistrationProtection.run({ ImageId }, context);
  assert.deepEqual((await forget({ KeepDaily: 1 })).at(-1), [ImageId, 'removed', []]);
});

test('hours, days, weeks, months and years, of a time zone, or without limit', async () => {
  const old = await backUp({ createdAt: '2024-03-01T23:30:00.000Z' });
  await backUp({ createdAt: '2024-03-02T00:30:00.000Z' });
  // In Vienna both are of one day.
  const there = await forget({
    KeepDaily: 5,
    KeepLast: 1,
    Timezone: 'Europe/Vienna',
    Preview: true,
  });
  assert.deepEqual(there.at(-1), [old, 'kept', ['oldest daily snapshot']]);
  for (const rule of ['KeepHourly', 'KeepDaily', 'KeepLast'] as const) {
    const told = await forget({ [rule]: -1, Preview: true });
    assert.deepEqual(told.at(-1)?.[1], 'kept', rule);
  }
  for (const rule of ['KeepWeekly', 'KeepMonthly', 'KeepYearly'] as const) {
    const told = await forget({ [rule]: 1, Preview: true });
    assert.deepEqual(told.at(-1)?.[1], 'removed', rule);
  }
});

test('what people make of a machine is forgotten too, but not what is shared with others', async () => {
  const shared = await backUp({ launchPermissions: ['123456789012'] });
  await backUp();
  assert.deepEqual((await forget({ KeepLast: 1 })).at(-1), [shared, 'kept', ['shared']]);
  const { id } = await insertRunningInstance(context, await insertProviderImage(context), {});
  const made: string[] = [];
  for (const Name of ['one', 'two']) {
    context.now = new Date(context.now.getTime() + dayMs);
    const { ImageId = '' } = await createImage.run({ InstanceId: id, Name }, context);
    made.unshift(ImageId);
    await context.catalog.write(async ({ images }) => {
      const image = await images.get(ImageId);
      if (image) await images.update({ ...image, state: 'available' });
    });
  }
  const { Backups } = await forgetBackups.run({ SourceId: id, KeepLast: 1 }, context);
  assert.deepEqual(
    Backups.map(({ BackupId, Fate }) => [BackupId, Fate]),
    [
      [made[0], 'kept'],
      [made[1], 'removed'],
    ],
  );
});

test('no rule, and what is no rule, is refused', async () => {
  await assert.rejects(forget({}), { code: 'MissingParameter' });
  await assert.rejects(forget({ KeepLast: 0, KeepTags: [] }), { code: 'MissingParameter' });
  // As to restic a time of nothing is no rule.
  await assert.rejects(forget({ KeepWithin: '0d' }), { code: 'MissingParameter' });
  await assert.rejects(forget({ KeepWithinDaily: '0h' }), { code: 'MissingParameter' });
  const wrong = [
    { KeepLast: 1.5 },
    { KeepDaily: -2 },
    { KeepWithin: '3 days' },
    { KeepTags: ['keep'] },
    { KeepLast: 1, Timezone: 'Nowhere' },
  ];
  for (const rules of wrong) {
    await assert.rejects(forget(rules), { code: 'InvalidParameterValue' }, JSON.stringify(rules));
  }
});
