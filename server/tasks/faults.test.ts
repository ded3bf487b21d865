/**
 * Each call that a task makes fails once in one way, beside a second task: every second one is done
 * and not told, the others go through the other ways in turn. All ways of all calls, in both
 * orders, and calls that fail for long, are faults.soak.ts's.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultKind } from './test-faults.ts';
import { stories } from './test-stories.ts';

/** One that hangs fails. */
const timeout = 120_000;
const doneAndNotTold: FaultKind = 'performs and throws';

function wayOf(kinds: readonly FaultKind[], index: number): FaultKind {
  const others = kinds.filter((kind) => kind !== doneAndNotTold);
  const other = others[((index - 1) / 2) % others.length];
  return index % 2 === 1 && other !== undefined ? other : doneAndNotTold;
}

for (const [story, { calls, tell }] of Object.entries(stories)) {
  describe(`one call fails: ${story}`, { concurrency: 8 }, () => {
    for (const [index, [name, faulty]] of Object.entries(calls).entries()) {
      const kind = wayOf(faulty.kinds, index);
      const secondFirst = index % 4 === 3;
      test(`${name} ${kind}, ${secondFirst ? 'second' : 'first'} first`, { timeout }, async () => {
        const happened = await tell(faulty.make(kind, 1), { secondFirst });
        assert.ok(happened, 'it was never called');
      });
    }
  });
}
