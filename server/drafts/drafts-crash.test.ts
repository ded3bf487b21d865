import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryCrashPoints } from '../files/crashing/test-crash-points.ts';
import { draftsStory } from './test-drafts-story.ts';

test('some of the crash points of drafts, of a seed of today', async (t) => {
  const seed = Math.floor(Math.random() * 1e6);
  t.diagnostic(`seed ${seed}`);
  const { points, failures } = await tryCrashPoints(draftsStory, { seed, oneIn: 20 });
  assert.deepEqual(failures, []);
  assert.ok(points > 0);
});
