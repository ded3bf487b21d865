/**
 * Long stories of a machine's sets, many of them: other ones for each seed, which the name of the
 * test says.
 */
import { test } from 'node:test';
import fc from 'fast-check';
import { event, tell } from './test-machine-sets.ts';

const seed = Math.floor(Math.random() * 1_000_000);
const numRuns = 100;

test(`sets stay and go as one, whoever is killed meanwhile, seed ${seed}`, async () => {
  const stories = fc.array(event, { minLength: 20, maxLength: 80 });
  await fc.assert(fc.asyncProperty(stories, tell), { seed, numRuns });
});
