/**
 * Each call that a task makes fails once, beside a second task: done and not told, and every second
 * one in one more way. The others, and calls that fail for long, are faults.soak.ts's.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultKind } from './test-faults.ts';
import { stories } from './test-stories.ts';

/** One that hangs fails. */
const timeout = 120_000;
const doneAndNotTold: FaultKind = 'performs and throws';

/** Of every second call, if it can fail in all ways: each way in turn. */
function another(kinds: readonly FaultKind[], index: number): FaultKind[] {
  if (index % 2 === 1) return [];
  const others = kinds.filter((kind) => kind !== doneAndNotTold);
  const other = others[(index / 2) % others.length];
  return other !== undefined && others.length > 1 ? [other] : [];
}

for (const [story, { calls, tell }] of Object.entries(stories)) {
  describe(`one call fails: ${story}`, { concurrency: 8 }, () => {
    for (const [index, [name, faulty]] of Object.entries(calls).entries()) {
      for (const kind of [doneAndNotTold, ...another(faulty.kinds, index)]) {
        const secondFirst = (index % 2 === 1) === (kind === doneAndNotTold);
        test(`${name} ${kind}, ${secondFirst ? 'second' : 'first'} first`, {
          timeout,
        }, async () => {
          const happened = await tell(faulty.make(kind, 1), { secondFirst });
          assert.ok(happened, 'it was never called');
        });
      }
    }
  });
}
