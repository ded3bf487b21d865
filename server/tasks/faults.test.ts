/**
 * Each call that a capture makes fails once, beside a second capture of the same volume: done and
 * not told, and in one more way. The others, and calls that fail for good, are faults.soak.ts's.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultStory, faultyCalls } from './test-fault-story.ts';
import { type FaultKind, faultKinds } from './test-faults.ts';

const doneAndNotTold: FaultKind = 'performs and throws';
const others = faultKinds.filter((kind) => kind !== doneAndNotTold);

describe('one call fails', { concurrency: 8 }, () => {
  for (const [index, [name, faulty]] of Object.entries(faultyCalls).entries()) {
    // SQLite always answers.
    const other = name === 'catalog write' ? 'throws' : others[index % others.length];
    for (const kind of [doneAndNotTold, other as FaultKind]) {
      const imageFirst = (index % 2 === 0) === (kind === doneAndNotTold);
      test(`${name} ${kind}, ${imageFirst ? 'image' : 'snapshot'} first`, async () => {
        const called = await faultStory(faulty, kind, { times: 1, imageFirst });
        assert.ok(called, 'it was never called');
      });
    }
  }
});
