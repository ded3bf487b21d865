import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryCrashPoints } from '../files/crashing/test-crash-points.ts';
import { capturesStory } from './test-captures-story.ts';

test('a tenth of the crash points of captures and collections, of a seed of today', async (t) => {
  const seed = Math.floor(Math.random() * 1e6);
  t.diagnostic(`seed ${seed}`);
  const { points, failures } = await tryCrashPoints(capturesStory, { seed, oneIn: 10 });
  assert.deepEqual(failures, []);
  assert.ok(points > 0);
});
