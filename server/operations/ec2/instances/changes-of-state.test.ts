import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { launched, moveInstance, runImage } from '../../test-instances.ts';
import { getConsoleOutput } from './GetConsoleOutput.ts';
import { rebootInstances } from './RebootInstances.ts';
import { startInstances } from './StartInstances.ts';
import { stopInstances } from './StopInstances.ts';
import { terminateInstances } from './TerminateInstances.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const launch = async () => launched(await runImage(context, image));

describe('changes of state', () => {
  test('say what was and what is; all or none', async () => {
    const { InstanceId: id } = await launch();
    const incorrect = { code: 'IncorrectInstanceState' };
    await assert.rejects(stopInstances.run({ InstanceIds: [id] }, context), incorrect);
    await assert.rejects(rebootInstances.run({ InstanceIds: [id] }, context), incorrect);
    await moveInstance(context, id, { state: 'running' });
    const { StoppingInstances } = await stopInstances.run({ InstanceIds: [id] }, context);
    assert.deepEqual(StoppingInstances, [
      {
        InstanceId: id,
        PreviousState: { Code: 16, Name: 'running' },
        CurrentState: { Code: 64, Name: 'stopping' },
      },
    ]);
    await assert.rejects(startInstances.run({ InstanceIds: [id] }, context), incorrect);
    await moveInstance(context, id, { state: 'stopped' });
    await assert.rejects(
      startInstances.run({ InstanceIds: [id, 'i-00000000'] }, context),
      { code: 'InvalidInstanceID.NotFound' },
      'none is started',
    );
    const { StartingInstances } = await startInstances.run({ InstanceIds: [id] }, context);
    assert.equal(StartingInstances?.[0]?.CurrentState?.Name, 'pending');
    await terminateInstances.run({ InstanceIds: [id] }, context);
    const again = await terminateInstances.run({ InstanceIds: [id] }, context);
    assert.equal(again.TerminatingInstances?.[0]?.PreviousState?.Name, 'shutting-down');
  });

  test('a reboot is ordered once', async () => {
    const { InstanceId: id } = await launch();
    await moveInstance(context, id, { state: 'running' });
    await rebootInstances.run({ InstanceIds: [id] }, context);
    await rebootInstances.run({ InstanceIds: [id] }, context);
    assert.equal(await context.catalog.read(({ tasks }) => tasks.count()), 1);
  });
});

test('GetConsoleOutput of a machine that has written nothing is empty', async () => {
  const { InstanceId } = await launch();
  const output = await getConsoleOutput.run({ InstanceId, Latest: true }, context);
  assert.equal(output.Output, '');
  await assert.rejects(getConsoleOutput.run({ InstanceId: 'i-00000000' }, context), {
    code: 'InvalidInstanceID.NotFound',
  });
});
