/** 10,000 simulated days of policies with random failures, drills and jumps of the clock, many times. */
import { test } from 'node:test';
import fc from 'fast-check';
import { simulate, stories } from './test-retention.ts';

test('over 10,000 days no rule loses what it keeps, and nothing else is left', () => {
  fc.assert(
    fc.property(stories(10_000), (story) => simulate(story)),
    { numRuns: 5 },
  );
});
