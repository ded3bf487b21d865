import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertProviderImage } from '../test-images.ts';
import { insertRunningInstance, moveInstance } from '../test-instances.ts';
import { describePorts } from './DescribePorts.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('DescribePorts says where open ports are on the host, to the owner alone', async () => {
  const image = await insertProviderImage(context);
  const { id: first } = await insertRunningInstance(context, image);
  const { id: second } = await insertRunningInstance(context, image);
  const port = { protocol: 'tcp', hostIp: '127.1.0.1', hostPort: 10_022, guestPort: 22 } as const;
  await moveInstance(context, first, { ports: [port] });
  const { Instances } = await describePorts.run({ InstanceIds: [first, second] }, context);
  assert.deepEqual(
    new Map(Instances.map(({ InstanceId, Ports }) => [InstanceId, Ports])),
    new Map([
      [first, [{ Protocol: 'tcp', GuestPort: 22, HostIp: '127.1.0.1', HostPort: 10_022 }]],
      [second, []],
    ]),
  );
  await moveInstance(context, first, { state: 'stopped' });
  const stopped = await describePorts.run({ InstanceIds: [first] }, context);
  assert.deepEqual(stopped.Instances, [{ InstanceId: first, Ports: [] }]);
  await assert.rejects(
    describePorts.run({ InstanceIds: [first] }, context.as({ account: '999999999999' })),
    { code: 'InvalidInstanceID.NotFound' },
  );
});
