/**
 * 10,000 days of policies over real catalogs, with failing calls, kills between any two
 * transactions, jumps of the clock and people who change policies: 50 seeds of 200 days each, other
 * ones each time. The name of a test says its seed.
 */
import { test } from 'node:test';
import { tellPolicyStory } from './test-policy-story.ts';

const first = Math.floor(Math.random() * 1_000_000);
const seeds = 50;
const days = 200;

for (let seed = first; seed < first + seeds; seed++) {
  test(`seed ${seed}`, async (context) => {
    context.diagnostic(JSON.stringify(await tellPolicyStory(seed, days)));
  });
}
