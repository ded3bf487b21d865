/** Sources that nothing can be made of when it is time: it is tried again within the hour, once. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Random } from '../../../test/fuzz/random.ts';
import { killed } from '../../catalog/test-faulty-catalog.ts';
import { deleteTags } from '../ec2/tags/DeleteTags.ts';
import { backupsOf, makePolicy, policyDetails, round } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../test-instances.ts';
import { getLifecyclePolicy } from './GetLifecyclePolicy.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const Tags = [{ Key: 'backup', Value: 'yes' }];

async function machine() {
  return insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: ['instance', 'volume'].map((each) => ({ ResourceType: each, Tags })),
  });
}

async function roundAt(time: string): Promise<void> {
  context.now = new Date(`2026-11-${time}:00.000Z`);
  await round(context);
}

async function told(PolicyId: string): Promise<string> {
  const { Policy } = await getLifecyclePolicy.run({ PolicyId }, context);
  assert.equal(Policy?.State, 'ENABLED');
  return Policy.StatusMessage ?? '';
}

async function dueTimes(id: string): Promise<string[]> {
  const { images, snapshots } = await backupsOf(context, id);
  return [...images, ...snapshots].map(({ backup }) => backup?.dueAt?.slice(8, 16) ?? '');
}

for (const state of ['pending', 'stopping'] as const) {
  test(`a machine that is ${state} when it is time is backed up when it is not, and once`, async () => {
    const { id: instanceId } = await machine();
    const id = await makePolicy(context);
    await moveInstance(context, instanceId, { state });
    await roundAt('24T03:00');
    await roundAt('24T03:06');
    assert.deepEqual([await dueTimes(id), await told(id)], [[], 'ENABLED']);
    await moveInstance(context, instanceId, { state: 'stopped' });
    for (const time of ['24T03:12', '24T03:18', '24T05:00']) await roundAt(time);
    assert.deepEqual(await dueTimes(id), ['24T03:00']);
    await roundAt('25T03:00');
    assert.deepEqual(await dueTimes(id), ['24T03:00', '25T03:00']);
  });
}

test('a volume that is being made when it is time has its snapshot within the hour', async () => {
  const { id: instanceId } = await machine();
  const [, data = ''] = await attachedVolumeIds(context, instanceId);
  const move = (state: 'creating' | 'in-use') =>
    context.catalog.write(async ({ volumes }) => {
      const row = await volumes.get(data);
      if (row) await volumes.update({ ...row, state });
    });
  const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };
  const id = await makePolicy(context, policyDetails({}, ofVolumes));
  await move('creating');
  await roundAt('24T03:00');
  const sources = async () =>
    (await backupsOf(context, id)).snapshots.map(({ volumeId }) => volumeId === data);
  assert.deepEqual(await sources(), [false]);
  await move('in-use');
  await roundAt('24T03:50');
  assert.deepEqual((await sources()).sort(), [false, true]);
});

test('a machine that has no state for it for an hour has no backup, which is told until the next', async () => {
  const { id: instanceId } = await machine();
  const id = await makePolicy(context);
  await moveInstance(context, instanceId, { state: 'stopping' });
  for (const time of ['24T03:00', '24T03:30', '24T03:59']) await roundAt(time);
  assert.equal(await told(id), 'ENABLED');
  await roundAt('24T04:00');
  const missed = `${instanceId}: There is no backup for 2026-11-24T03:00:00.000Z: It is stopping.`;
  assert.equal(await told(id), missed);
  await moveInstance(context, instanceId, { state: 'stopped' });
  for (const time of ['24T04:10', '24T23:00']) await roundAt(time);
  assert.deepEqual([await dueTimes(id), await told(id)], [[], missed]);
  await roundAt('25T03:00');
  assert.deepEqual([await dueTimes(id), await told(id)], [['25T03:00'], 'ENABLED']);
});

test('what is told of a machine is gone when the policy is not for it any more', async () => {
  const { id: instanceId } = await machine();
  const id = await makePolicy(context);
  await moveInstance(context, instanceId, { state: 'stopping' });
  for (const time of ['24T03:00', '24T04:00']) await roundAt(time);
  assert.match(await told(id), /There is no backup/);
  await deleteTags.run({ Resources: [instanceId], Tags }, context);
  await roundAt('25T05:00');
  assert.equal(await told(id), 'ENABLED');
});

test('a machine that is tried again while the disk is full waits for room', async () => {
  const { id: instanceId } = await machine();
  const id = await makePolicy(context);
  const roomy = context.measures;
  await moveInstance(context, instanceId, { state: 'stopping' });
  await roundAt('24T03:00');
  await moveInstance(context, instanceId, { state: 'stopped' });
  context.measures = { ...roomy, freeDiskBytes: 0 };
  await roundAt('24T03:10');
  assert.deepEqual(await dueTimes(id), []);
  await roundAt('24T04:00');
  assert.match(await told(id), /There is no backup for .*disk/);
});

test('of a source that was in a passing state there is one backup, wherever Imago is killed', async () => {
  context.now = new Date('2026-11-30T12:00:00.000Z');
  const { id: instanceId } = await machine();
  const id = await makePolicy(context, policyDetails({ RetainRule: { Count: 1000 } }));
  for (let day = 1; day <= 28; day++) {
    const date = `2026-12-${String(day).padStart(2, '0')}`;
    for (const [minute, state] of [
      ['00', 'stopping'],
      ['01', 'stopping'],
      ['10', 'stopped'],
      ['20', 'stopped'],
      ['30', 'running'],
    ] as const) {
      await moveInstance(context, instanceId, { state });
      context.now = new Date(`${date}T03:${minute}:00.000Z`);
      const catalog = killed(context.catalog, new Random(day * 100 + Number(minute)));
      await round({ ...context, catalog }).catch(() => {});
    }
    context.now = new Date(`${date}T03:40:00.000Z`);
    await round(context);
    const due = await dueTimes(id);
    assert.equal(due.length, day, `${due}`);
    assert.equal(new Set(due).size, day);
  }
});
