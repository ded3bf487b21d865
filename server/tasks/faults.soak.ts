/**
 * Each call that a task makes fails once and for long, in each way, in each order with a second
 * task.
 */
import { describe, test } from 'node:test';
import { forLong } from './test-faulty-calls.ts';
import { stories } from './test-stories.ts';

/** One that hangs fails. */
const timeout = 120_000;

for (const [story, { calls, tell }] of Object.entries(stories)) {
  describe(`a call fails: ${story}`, { concurrency: 4 }, () => {
    for (const [name, faulty] of Object.entries(calls)) {
      for (const kind of faulty.kinds) {
        for (const times of [1, 2, forLong]) {
          for (const secondFirst of [false, true]) {
            const order = secondFirst ? 'second' : 'first';
            test(`${name} ${kind} ${times} times, ${order} first`, { timeout }, async () => {
              await tell(faulty.make(kind, times), { secondFirst });
            });
          }
        }
      }
    }
  });
}
