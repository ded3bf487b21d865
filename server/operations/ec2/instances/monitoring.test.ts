import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { launched, moveInstance, runImage } from '../../test-instances.ts';
import { describeInstances } from './DescribeInstances.ts';
import { monitorInstances } from './MonitorInstances.ts';
import { unmonitorInstances } from './UnmonitorInstances.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('monitoring is turned on and off, of all that are named or of none', async () => {
  const image = await insertProviderImage(context);
  const { InstanceId: id } = launched(await runImage(context, image));
  const monitored = async () => {
    const Filters = [{ Name: 'monitoring-state', Values: ['enabled'] }];
    return (await describeInstances.run({ Filters }, context)).Reservations?.length;
  };
  const answer = await monitorInstances.run({ InstanceIds: [id] }, context);
  assert.deepEqual(answer.InstanceMonitorings, [
    { InstanceId: id, Monitoring: { State: 'enabled' } },
  ]);
  assert.equal(await monitored(), 1);
  await assert.rejects(unmonitorInstances.run({ InstanceIds: [id, 'i-00000000'] }, context), {
    code: 'InvalidInstanceID.NotFound',
  });
  assert.equal(await monitored(), 1);
  await unmonitorInstances.run({ InstanceIds: [id] }, context);
  assert.equal(await monitored(), 0);
  await moveInstance(context, id, { state: 'terminated' });
  await assert.rejects(monitorInstances.run({ InstanceIds: [id] }, context), {
    code: 'IncorrectInstanceState',
  });
});
