/** The long run of model.test.ts. */
import { test } from 'node:test';
import { firstSeed, minutes } from '../../tools/soak-story.ts';
import { compareWithModel } from './test-model.ts';

test('whatever is done in whatever order, a snapshot holds what was written when it was ordered', async () => {
  const runs = await compareWithModel(200, 40, {
    seed: firstSeed,
    ...(Number.isFinite(minutes) && { interruptAfterTimeLimit: minutes * 60_000 }),
  });
  console.log(`soak: model: ${runs} lists of commands, seed ${firstSeed}`);
});
