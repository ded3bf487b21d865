/**
 * What SimulateBackups makes of policies that forget, of copies in other regions, and of a source's
 * own backups.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { SimulateBackupsRequest } from '../../../api/imago-simulate.ts';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { storeBlock, storeMap } from '../../blocks/test-blocks.ts';
import { createImage } from '../ec2/images/CreateImage.ts';
import { policyDetails } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertProviderImage } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
import { putForgetPolicy } from './PutForgetPolicy.ts';
import { simulateBackups } from './SimulateBackups.ts';

const gib = 2 ** 30;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const simulate = (asked: SimulateBackupsRequest) => simulateBackups.run(asked, context);
const start = { StartTime: new Date('2026-01-01T00:00:00Z') };
const times = ({ Left }: Awaited<ReturnType<typeof simulate>>) =>
  Left.map(({ CreateTime }) => CreateTime.toISOString().slice(5, 16));

test('a policy that forgets acts at its own times, be it at rest', async () => {
  await putForgetPolicy.run(
    {
      ...{ PolicyName: 'thin', SourceIds: ['i-0123456789abcdef0'], Enabled: false },
      ...{ Schedule: 'cron(0 12 * * ? *)', KeepDaily: 3 },
    },
    context,
  );
  const asked = { Schedule: 'cron(0 6,18 * * ? *)', ...start, Days: 5 };
  const named = await simulate({ ...asked, ForgetPolicyName: 'thin' });
  // Of the last day the evening is there, which noon has not seen.
  assert.deepEqual(times(named), ['01-05T18:00', '01-05T06:00', '01-04T18:00', '01-03T18:00']);
  assert.deepEqual(
    named.Left.map(({ Reasons }) => Reasons[0]),
    ['daily snapshot', undefined, 'daily snapshot', 'daily snapshot'],
  );
  assert.deepEqual(
    named.Days.map(({ Made, Removed, Kept }) => [Made, Removed, Kept]),
    [
      [2, 0, 2],
      [2, 0, 4],
      [2, 2, 4],
      [2, 2, 4],
      [2, 2, 4],
    ],
  );
  const said = { KeepDaily: 3, ForgetSchedule: 'cron(0 12 * * ? *)' };
  assert.deepEqual(await simulate({ ...asked, ...said }), named);
  // After each backup it is one fewer, and none too many.
  const atOnce = await simulate({ ...asked, KeepDaily: 3 });
  assert.deepEqual(times(atOnce), ['01-05T18:00', '01-04T18:00', '01-03T18:00']);
});

test('beside a policy that makes: what either removes is gone; its zone is that of its days', async () => {
  const keep = { KeepDaily: -1, Timezone: 'Pacific/Auckland' };
  const policy = { PolicyName: 'zone', SourceIds: ['vol-0123456789abcdef0'], ...keep };
  await putForgetPolicy.run({ ...policy, Schedule: 'rate(1 hour)' }, context);
  const often = { Interval: 6, IntervalUnit: 'HOURS', Times: ['00:30'] };
  const PolicyDetails = policyDetails({ CreateRule: often, RetainRule: { Count: 5 } });
  const { Left, Days } = await simulate({
    ...{ PolicyDetails, ForgetPolicyName: 'zone', ...start, Days: 4 },
  });
  // A day ends there at 11:00 UTC; days without a zone of their own are the policy's.
  assert.equal(Days[0]?.Date, '2026-01-01');
  assert.ok(Left.every(({ CreateTime }, index) => index === 0 || CreateTime.getUTCHours() === 6));
  assert.ok(Left.length >= 3 && Left.length <= 5);
});

test('copies are counted by their own rules, and none of restic’s', async () => {
  const Region = 'eu-west-1';
  const asked = { ...start, SizeGiB: 10, DailyChangeMiB: 0, Days: 9 };
  const details = (RetainRule?: object) =>
    policyDetails({
      CrossRegionCopyRules: [{ TargetRegion: Region, Encrypted: false, RetainRule }],
      RetainRule: { Count: 2 },
    });
  const PolicyDetails = details({ Interval: 5, IntervalUnit: 'DAYS' });
  const { Kept, Copies, Days } = await simulate({ PolicyDetails, ...asked });
  assert.equal(Kept, 2);
  const fiveDays = { Region, Made: 9, Removed: 4, Kept: 5, MostKept: 5, Bytes: 10 * gib };
  assert.deepEqual(Copies, [fiveDays]);
  assert.deepEqual([Days.at(-1)?.CopiesKept, Days.at(-1)?.CopiesBytes], [5, 10 * gib]);
  const thinned = await simulate({ PolicyDetails, KeepLast: 1, ...asked });
  assert.deepEqual([thinned.Kept, thinned.Copies], [1, Copies]);
  const forEver = await simulate({ PolicyDetails: details(), ...asked });
  assert.deepEqual(forEver.Copies, [{ ...fiveDays, Removed: 0, Kept: 9, MostKept: 9 }]);
});

/** Of a machine with 16 blocks in use; what is said of them is another one the next day. */
async function backUp(instanceId: string, changes: readonly (readonly number[])[]): Promise<void> {
  const blocks = Array.from({ length: 16 }, (_, index) => index);
  for (const [day, changed] of changes.entries()) {
    const { ImageId = '' } = await createImage.run(
      { InstanceId: instanceId, Name: context.ids.uuid(), NoReboot: true },
      context,
    );
    for (const index of changed) blocks[index] = 100 * (day + 1) + index;
    const store = context.blocks.of(context.caller.region);
    const digests = new Map<number, string>();
    for (const [index, value] of blocks.entries()) {
      digests.set(index, await storeBlock(store, Buffer.alloc(blockSizeBytes, value || 1)));
    }
    const written = await storeMap(store, { sizeBytes: gib, changes: digests });
    await context.catalog.write(async ({ images, snapshots }) => {
      const image = await images.get(ImageId);
      if (!image) return assert.fail();
      await images.update({ ...image, state: 'available' });
      for (const { ebs } of image.blockDeviceMappings) {
        const row = await snapshots.get(ebs.snapshotId ?? '');
        if (!row) continue;
        const made = { root: written.root, fullSizeBytes: written.fullSizeBytes };
        await snapshots.update({ ...row, ...made, state: 'completed' });
      }
    });
    context.now = new Date(context.now.getTime() + 24 * 60 * 60_000);
  }
}

test("the disk is as the source's last backups tell, and what is not told is named as assumed", async () => {
  const { id } = await insertRunningInstance(context, await insertProviderImage(context));
  const asked = { Schedule: 'rate(1 day)', KeepLast: -1, Days: 3, SourceId: id };
  const assumed = { SizeFrom: 'assumed', DailyChangeFrom: 'assumed', ComparedBackups: undefined };
  const none = { ...assumed, SizeBytes: 8 * gib, DailyChangeBytes: Math.round(0.08 * gib) };
  assert.deepEqual((await simulate(asked)).Disk, none);
  await backUp(id, [[]]);
  const first = (await simulate(asked)).Disk;
  // Both of its volumes.
  const used = 2 * 16 * blockSizeBytes;
  assert.deepEqual([first.SizeFrom, first.SizeBytes], ['backups', used]);
  assert.equal(first.DailyChangeFrom, 'assumed');
  await backUp(id, [[1], [1], [2, 3]]);
  const { Disk, Bytes } = await simulate(asked);
  assert.deepEqual(
    [Disk.SizeFrom, Disk.DailyChangeFrom, Disk.ComparedBackups],
    [...['backups', 'backups'], 4],
  );
  // A sixteenth, a sixteenth and an eighth a day.
  const share = 1 - ((15 / 16) * (15 / 16) * (14 / 16)) ** (1 / 3);
  assert.ok(Math.abs(Disk.DailyChangeBytes - share * used) < 2);
  const twoDays = used * (1 + share);
  assert.ok(Math.abs(Bytes - twoDays) < 10, `${Bytes} ${twoDays}`);
  const said = (await simulate({ ...asked, SizeGiB: 1, DailyChangeMiB: 0 })).Disk;
  assert.deepEqual([said.SizeFrom, said.DailyChangeFrom], ['request', 'request']);
  const stranger = { ...context, caller: { ...context.caller, account: '999988887777' } };
  assert.deepEqual((await simulateBackups.run(asked, stranger)).Disk, none);
});

test('what is no request is refused', async () => {
  const rules = { KeepLast: 1 };
  await putForgetPolicy.run(
    { PolicyName: 'thin', SourceIds: ['i-0123456789abcdef0'], ...rules },
    context,
  );
  const Schedule = 'rate(1 day)';
  const refusals: [SimulateBackupsRequest, string][] = [
    [{ ForgetPolicyName: 'thin' }, 'InvalidParameterCombination'],
    [{ Schedule, ForgetPolicyName: 'thin', ...rules }, 'InvalidParameterCombination'],
    [
      { Schedule, ForgetPolicyName: 'thin', ForgetSchedule: Schedule },
      'InvalidParameterCombination',
    ],
    [{ Schedule, ForgetPolicyName: 'thick' }, 'ResourceNotFoundException'],
    [{ Schedule, ForgetSchedule: Schedule }, 'MissingParameter'],
    [{ Schedule, ForgetSchedule: 'noon', ...rules }, 'InvalidParameterValue'],
    [{ Schedule, ...rules, SourceId: 'ami-0123456789abcdef0' }, 'InvalidParameterValue'],
  ];
  for (const [asked, code] of refusals) {
    await assert.rejects(simulate(asked), { code }, JSON.stringify(asked));
  }
});
