/**
 * Years of a plan with a lifecycle, a locked vault and copies, by a clock of its own: backups fail,
 * Imago is down for hours or days, and who wants to delete tries. Whatever happens, a recovery point
 * is there until its time is over and no longer, the last good one besides, and each has its copy.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RecoveryPointRow } from '../../../catalog/rows/backup-vault.ts';
import { endBackup } from '../../../domain/backups/jobs.ts';
import { removeExpiredPoints } from '../../../domain/backups/remove-points.ts';
import { forgetEndedTasks } from '../../../domain/ended-tasks.ts';
import { silentLog } from '../../../foundations/log.ts';
import { lookAtVaults } from '../../../vault-rounds.ts';
import {
  finishBackup,
  iamRoleArn,
  makePlan,
  makeVault,
  makeVolumeArn,
} from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { deleteRecoveryPoint } from '../points/DeleteRecoveryPoint.ts';
import { putBackupVaultLockConfiguration } from '../vaults/PutBackupVaultLockConfiguration.ts';
import { createBackupSelection } from './CreateBackupSelection.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const days = 2 * 365;
const [kept, copyKept] = [10, 30];

/** What a day brings. */
interface Day {
  hoursDown: number;
  fails: boolean;
  deletes: boolean;
}

const aDay = fc.record({
  hoursDown: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 60 })),
  fails: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  deletes: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
});

function pointsIn({ catalog }: TestContext, region: string): Promise<RecoveryPointRow[]> {
  return catalog.read(async ({ recoveryPoints }) =>
    (await recoveryPoints.list()).filter((point) => point.region === region),
  );
}

/** As tasks would: all that is being made is there, or has failed. */
async function endAll(context: TestContext, fails: boolean): Promise<void> {
  const { catalog } = context;
  const points = [
    ...(await pointsIn(context, 'us-east-1')),
    ...(await pointsIn(context, 'eu-west-1')),
  ];
  for (const { id, status } of points) {
    if (status !== 'CREATING') continue;
    if (!fails) {
      await finishBackup(context, id);
      continue;
    }
    await catalog.write(async (transaction) => {
      const snapshot = await transaction.snapshots.get(id.slice(id.lastIndexOf('/') + 1));
      if (snapshot) await transaction.snapshots.update({ ...snapshot, state: 'error' });
      await endBackup(transaction, id, context.now, 'It failed.');
    });
  }
}

async function round(context: TestContext): Promise<void> {
  await lookAtVaults({ ...context, orders: context.catalog, log: silentLog });
}

async function live(context: TestContext, story: readonly Day[]): Promise<void> {
  const { account } = context.caller;
  const there = context.as({ region: 'eu-west-1' });
  await makeVault(context, 'locked');
  await makeVault(there, 'far');
  const lock = { BackupVaultName: 'locked', MinRetentionDays: 7, ChangeableForDays: 3 };
  await putBackupVaultLockConfiguration.run(lock, context);
  const far = `arn:aws:backup:eu-west-1:${account}:backup-vault:far`;
  const BackupPlanId = await makePlan(context, {
    TargetBackupVaultName: 'locked',
    Lifecycle: { DeleteAfterDays: kept },
    CopyActions: [{ DestinationBackupVaultArn: far, Lifecycle: { DeleteAfterDays: copyKept } }],
  });
  const Resources = [await makeVolumeArn(context)];
  const BackupSelection = { SelectionName: 'one', IamRoleArn: iamRoleArn, Resources };
  await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
  const end = context.now.getTime() + days * dayMs;
  const [here, copies] = [new Map<string, number>(), new Map<string, number>()];
  for (let index = 0; context.now.getTime() < end; index++) {
    const day = story[index % story.length] as Day;
    context.now = new Date(context.now.getTime() + dayMs + day.hoursDown * hourMs);
    await round(context);
    await endAll(context, day.fails);
    await round(context);
    await endAll(context, false);
    await removeExpiredPoints(context.catalog, context.now);
    await forgetEndedTasks(context.catalog, context.now);
    if (day.deletes) await tryToDelete(context);
    await check(context, 'us-east-1', here, kept);
    await check(context, 'eu-west-1', copies, copyKept);
    for (const created of here.values()) {
      assert.ok([...copies.values()].includes(created), 'each has its copy');
    }
  }
  assert.ok(here.size > 0 && copies.size >= here.size, 'there were some');
}

/** The lock lets nobody. */
async function tryToDelete(context: TestContext): Promise<void> {
  for (const { id } of await pointsIn(context, 'us-east-1')) {
    const asked = { BackupVaultName: 'locked', RecoveryPointArn: id };
    await assert.rejects(deleteRecoveryPoint.run(asked, context), {
      code: 'InvalidRequestException',
    });
  }
}

/** Against what there was; `known` is then what there is. */
async function check(
  context: TestContext,
  region: string,
  known: Map<string, number>,
  keptDays: number,
): Promise<void> {
  const points = await pointsIn(context, region);
  const isOver = (created: number) => created + keptDays * dayMs <= context.now.getTime();
  const left = new Map(points.map(({ id, createdAt }) => [id, Date.parse(createdAt)]));
  for (const [id, created] of known) {
    assert.ok(left.has(id) || isOver(created), `${id} went before its time`);
  }
  const newest = Math.max(...left.values());
  for (const [id, created] of left) {
    const isHeld = points.some((point) => point.id === id && point.heldUntil !== undefined);
    assert.ok(!isOver(created) || created === newest || isHeld, `${id} is past its time`);
  }
  assert.ok(known.size === 0 || left.size > 0, 'the last good one is there');
  known.clear();
  for (const [id, created] of left) known.set(id, created);
}

test('over years nothing goes before its time, and nothing stays', {
  timeout: 900_000,
}, async () => {
  const stories = fc.array(aDay, { minLength: 40, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      await using context = await createTestContext();
      await live(context, story);
    }),
    { numRuns: 1, endOnFailure: true },
  );
});
