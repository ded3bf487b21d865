/**
 * Each call that a capture makes fails once and for good, in each way, in each order with a second
 * capture.
 */
import { describe, test } from 'node:test';
import { faultStory, faultyCalls } from './test-fault-story.ts';
import { faultKinds } from './test-faults.ts';

describe('a call fails', { concurrency: 4 }, () => {
  for (const [name, faulty] of Object.entries(faultyCalls)) {
    for (const kind of faultKinds) {
      if (name === 'catalog write') continue;
      for (const times of [1, 2, Number.POSITIVE_INFINITY]) {
        for (const imageFirst of [true, false]) {
          const order = imageFirst ? 'image' : 'snapshot';
          test(`${name} ${kind} ${times} times, ${order} first`, async () => {
            await faultStory(faulty, kind, { times, imageFirst });
          });
        }
      }
    }
  }
});
