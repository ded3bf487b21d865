import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Locks } from './locks.ts';

test('one holder of a name at a time, in the order of asking', async () => {
  const locks = new Locks();
  const told: string[] = [];
  const work = (name: string) => async () => {
    told.push(`${name} in`);
    await turn();
    told.push(`${name} out`);
  };
  await Promise.all([locks.hold('a', work('first')), locks.hold('a', work('second'))]);
  assert.deepEqual(told, ['first in', 'first out', 'second in', 'second out']);
});

test('other names do not wait', async () => {
  const locks = new Locks();
  const gate = Promise.withResolvers<void>();
  const held = locks.hold('a', () => gate.promise);
  assert.equal(await locks.hold('b', async () => 'through'), 'through');
  gate.resolve();
  await held;
});

test('a holder that throws lets the next one in', async () => {
  const locks = new Locks();
  await assert.rejects(
    locks.hold('a', async () => {
      throw new Error('broken');
    }),
    /broken/,
  );
  assert.equal(await locks.hold('a', async () => 'next'), 'next');
});
