/** A short run; the long one is model.soak.ts's. */
import { test } from 'node:test';
import { compareWithModel } from './test-model.ts';

test('whatever is done in whatever order, a snapshot holds what was written when it was ordered', async () => {
  await compareWithModel(4, 12);
});
