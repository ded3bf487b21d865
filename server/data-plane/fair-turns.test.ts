import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FairTurns } from './fair-turns.ts';

test('a guest with much to do waits for the others, one by one', async () => {
  const turns = new FairTurns(2);
  const done: string[] = [];
  let running = 0;
  const [a, b, c] = [{}, {}, {}];
  const work = (guest: object, name: string) =>
    turns.run(guest, async () => {
      running += 1;
      assert.ok(running <= 2);
      await turn();
      running -= 1;
      done.push(name);
    });
  const all = [...Array(8).keys()].map((number) => work(a, `a${number}`));
  all.push(work(b, 'b0'), work(b, 'b1'), work(c, 'c0'));
  await Promise.all(all);
  assert.deepEqual(done.slice(0, 2), ['a0', 'a1']);
  assert.ok(done.indexOf('b0') < 5 && done.indexOf('c0') < 5 && done.indexOf('b1') < 8, `${done}`);
  assert.equal(done.length, 11);
});

test('work that fails gives its place back', async () => {
  const turns = new FairTurns(1);
  const failing = turns.run({}, async () => {
    await turn();
    throw new Error('broken');
  });
  const next = turns.run({}, async () => 'next');
  await assert.rejects(failing, /broken/);
  assert.equal(await next, 'next');
});
