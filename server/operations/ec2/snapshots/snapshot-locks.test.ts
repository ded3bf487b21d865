/** Locks of snapshots, and what they let be done, as time passes. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { LockSnapshotRequest } from '../../../../api/generated/ec2-types.ts';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { makeLocksFinal } from '../../../domain/final-locks.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { deregisterImage } from '../images/DeregisterImage.ts';
import { deleteSnapshot } from './DeleteSnapshot.ts';
import { describeLockedSnapshots } from './DescribeLockedSnapshots.ts';
import { lockSnapshot } from './LockSnapshot.ts';
import { unlockSnapshot } from './UnlockSnapshot.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let context: TestContext;
let snapshot: SnapshotRow;
beforeEach(async () => {
  context = await createTestContext();
  snapshot = await insertSnapshot(context, { completedAt: '2026-11-01T00:00:00.000Z' });
});
afterEach(() => context[Symbol.asyncDispose]());

const later = (ms: number) => {
  context.now = new Date(context.now.getTime() + ms);
};
const after = (ms: number) => new Date(context.now.getTime() + ms);
const lock = (more: Partial<LockSnapshotRequest>, id = snapshot.id) =>
  lockSnapshot.run({ SnapshotId: id, LockMode: 'governance', ...more }, context);
const comply = (more: Partial<LockSnapshotRequest>) => lock({ LockMode: 'compliance', ...more });
const unlock = () => unlockSnapshot.run({ SnapshotId: snapshot.id }, context);
const remove = (id = snapshot.id) => deleteSnapshot.run({ SnapshotId: id }, context);
const states = async (input: object = {}) => {
  const { Snapshots = [] } = await describeLockedSnapshots.run(input, context);
  return Snapshots.map(({ LockState }) => LockState);
};
const isLocked = { code: 'SnapshotLocked' };
const notPermitted = { code: 'OperationNotPermitted' };
const invalid = { code: 'InvalidParameterValue' };
const combination = { code: 'InvalidParameterCombination' };

describe('in governance mode', () => {
  test('a snapshot is not deleted until the lock expires', async () => {
    const made = await lock({ LockDuration: 2 });
    assert.deepEqual(
      [made.LockState, made.LockDuration, made.LockExpiresOn, made.LockCreatedOn],
      ['governance', 2, after(2 * dayMs), context.now],
    );
    await assert.rejects(remove(), isLocked);
    later(2 * dayMs - 1);
    await assert.rejects(remove(), isLocked);
    later(1);
    assert.deepEqual(await states(), ['expired']);
    await remove();
    assert.deepEqual(await states(), []);
  });

  test('it is unlocked, made shorter and changed to compliance mode', async () => {
    await lock({ ExpirationDate: after(3 * dayMs) });
    const shorter = await lock({ LockDuration: 1 });
    assert.deepEqual(shorter.LockExpiresOn, after(dayMs));
    await unlock();
    await assert.rejects(unlock(), { code: 'IncorrectState' });
    await lock({ LockDuration: 1 });
    assert.equal((await comply({ LockDuration: 1 })).LockState, 'compliance');
    await assert.rejects(unlock(), notPermitted);
  });

  test('of one that is pending the duration begins when it is completed', async () => {
    const { id } = await insertSnapshot(context, { state: 'pending', completedAt: undefined });
    const made = await lock({ LockDuration: 1 }, id);
    assert.deepEqual([made.LockDurationStartTime, made.LockExpiresOn], [undefined, undefined]);
    later(2 * dayMs);
    await assert.rejects(remove(id), isLocked);
    await context.catalog.write(async ({ snapshots }) => {
      const row = await snapshots.get(id);
      const completedAt = context.now.toISOString();
      if (row) await snapshots.update({ ...row, state: 'completed', completedAt });
    });
    const [seen] =
      (await describeLockedSnapshots.run({ SnapshotIds: [id] }, context)).Snapshots ?? [];
    assert.deepEqual(
      [seen?.OwnerId, seen?.LockDurationStartTime, seen?.LockExpiresOn],
      [context.caller.account, context.now, after(dayMs)],
    );
  });
});

describe('in compliance mode', () => {
  test('everything may be changed during the cooling-off period', async () => {
    const made = await comply({ LockDuration: 10, CoolOffPeriod: 3 });
    assert.equal(made.LockState, 'compliance-cooloff');
    assert.deepEqual(made.CoolOffPeriodExpiresOn, after(3 * hourMs));
    await assert.rejects(remove(), isLocked);
    assert.equal((await lock({ LockDuration: 1 })).LockState, 'governance');
    await comply({ LockDuration: 10, CoolOffPeriod: 3 });
    await unlock();
    await remove();
  });

  test('after it the lock is only made longer', async () => {
    await comply({ LockDuration: 10, CoolOffPeriod: 3 });
    later(3 * hourMs);
    assert.deepEqual(await states(), ['compliance']);
    await assert.rejects(unlock(), notPermitted);
    await assert.rejects(lock({ LockDuration: 20 }), notPermitted);
    await assert.rejects(comply({ LockDuration: 9 }), notPermitted);
    await assert.rejects(comply({ LockDuration: 20, CoolOffPeriod: 1 }), notPermitted);
    assert.equal((await comply({ LockDuration: 11 })).LockState, 'compliance');
    later(11 * dayMs);
    await remove();
  });
});

describe('by a clock that is wrong', () => {
  /** Rounds look, so long from now. */
  const look = async (ms: number) => {
    later(ms);
    await makeLocksFinal(context.catalog, context.now);
  };

  test('a cooling-off period that is over does not come back', async () => {
    await comply({ LockDuration: 10, CoolOffPeriod: 3 });
    await look(3 * hourMs);
    await look(dayMs);
    await look(-dayMs - 2 * hourMs);
    assert.deepEqual(await states(), ['compliance']);
    await assert.rejects(unlock(), notPermitted);
    await assert.rejects(comply({ LockDuration: 1 }), notPermitted);
    await look(10 * dayMs);
    assert.deepEqual(await states(), ['expired']);
    await remove();
  });

  test('one that was ahead for less than a day ends none', async () => {
    await comply({ LockDuration: 10, CoolOffPeriod: 3 });
    await look(5 * hourMs);
    await look(20 * hourMs);
    await look(-24 * hourMs);
    assert.deepEqual(await states(), ['compliance-cooloff']);
    await look(hourMs);
    await unlock();
  });
});

test('locks are listed by state and id, one’s own only', async () => {
  const other = await insertSnapshot(context, { completedAt: snapshot.completedAt });
  await insertSnapshot(context);
  await lock({ LockDuration: 1 });
  await lock({ LockMode: 'compliance', LockDuration: 2 }, other.id);
  assert.deepEqual(await states(), ['governance', 'compliance']);
  const Filters = [{ Name: 'lock-state', Values: ['compliance'] }];
  assert.deepEqual(await states({ Filters }), ['compliance']);
  assert.deepEqual(await states({ SnapshotIds: [snapshot.id] }), ['governance']);
  const page = await describeLockedSnapshots.run({ MaxResults: 5 }, context);
  assert.equal(page.Snapshots?.length, 2);
  const stranger = await context.asNewAccount();
  assert.deepEqual((await describeLockedSnapshots.run({}, stranger)).Snapshots, []);
});

test('an image that goes leaves its locked snapshots', async () => {
  const image = await insertImage(context);
  const id = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await lock({ LockDuration: 1 }, id);
  const input = { ImageId: image.id, DeleteAssociatedSnapshots: true };
  const { DeleteSnapshotResults } = await deregisterImage.run(input, context);
  assert.deepEqual(DeleteSnapshotResults, [{ SnapshotId: id, ReturnCode: 'client-error' }]);
  await assert.rejects(remove(id), isLocked);
});

test('a lock says how long it is, and no more than it can', async () => {
  await assert.rejects(lock({}), combination);
  await assert.rejects(lock({ LockDuration: 1, ExpirationDate: after(dayMs) }), combination);
  await assert.rejects(lock({ LockDuration: 1, CoolOffPeriod: 1 }), combination);
  await assert.rejects(lock({ LockDuration: 0 }), invalid);
  await assert.rejects(lock({ LockDuration: 36_501 }), invalid);
  await assert.rejects(comply({ LockDuration: 1, CoolOffPeriod: 73 }), invalid);
  await assert.rejects(lock({ ExpirationDate: after(-1) }), invalid);
  await assert.rejects(lock({ LockMode: 'none' as never, LockDuration: 1 }), invalid);
  const failed = await insertSnapshot(context, { state: 'error' });
  await assert.rejects(lock({ LockDuration: 1 }, failed.id), { code: 'IncorrectState' });
});
