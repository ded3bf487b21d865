import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limit } from './limit.ts';

test('so many at a time, in order, and one that fails gives its place back', async () => {
  const limit = new Limit(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const ends = gates.map(({ promise }, index) =>
    limit.run(() => {
      begun.push(index);
      return promise;
    }),
  );
  await new Promise(setImmediate);
  assert.deepEqual(begun, [0, 1]);
  gates[1]?.reject(new Error('the second fails'));
  await assert.rejects(ends[1] as Promise<void>);
  await new Promise(setImmediate);
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.allSettled(ends);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});
