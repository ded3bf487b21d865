import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder } from './in-order.ts';

test('What is made of each comes in their order, and at most so many are under way', async () => {
  const ends = new Map<number, () => void>();
  let begun = 0;
  const made = inOrder([1, 2, 3, 4, 5], 3, async (each) => {
    begun++;
    await new Promise<void>((resolve) => ends.set(each, resolve));
    return each * 10;
  });
  const first = made.next();
  while (ends.size < 3) await new Promise(setImmediate);
  assert.equal(begun, 3);
  ends.get(2)?.();
  ends.get(1)?.();
  assert.deepEqual(await first, { value: 10, done: false });
  assert.equal(begun, 3);
  const second = made.next();
  while (ends.size < 4) await new Promise(setImmediate);
  assert.deepEqual(await second, { value: 20, done: false });
  const rest = Array.fromAsync(made);
  while (ends.size < 5) await new Promise(setImmediate);
  for (const end of ends.values()) end();
  assert.deepEqual(await rest, [30, 40, 50]);
});

test('Who fails is told in turn, and what was begun behind it ends first', async () => {
  const ended: number[] = [];
  const made = inOrder([1, 2, 3], 3, async (each) => {
    await new Promise(setImmediate);
    if (each === 1) throw new Error('the first');
    await new Promise(setImmediate);
    ended.push(each);
  });
  await assert.rejects(Array.fromAsync(made), /the first/);
  assert.deepEqual(ended, [2, 3]);
});
