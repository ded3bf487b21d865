import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { getConsoleScreenshot } from './GetConsoleScreenshot.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('what does not run, and what has no screen, has no screenshot', async () => {
  const { id } = await insertRunningInstance(context, await insertProviderImage(context));
  for (const WakeUp of [true, false]) {
    await assert.rejects(getConsoleScreenshot.run({ InstanceId: id, WakeUp }, context), {
      code: 'UnsupportedOperation',
    });
  }
  await moveInstance(context, id, { state: 'stopping' });
  await assert.rejects(getConsoleScreenshot.run({ InstanceId: id }, context), {
    code: 'IncorrectInstanceState',
  });
});
