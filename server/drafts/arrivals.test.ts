import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arrivals } from './arrivals.ts';

/** One whose reading and use end when the test says so. */
function arrival(arrivals: Arrivals) {
  const [read, used] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const seen: string[] = [];
  const done = arrivals.run(
    () => {
      seen.push('reads');
      return read.promise;
    },
    (block) => {
      seen.push(`has ${block}`);
      return used.promise;
    },
  );
  done.catch(() => {});
  return { read, used, seen, done };
}

const turns = async () => {
  for (let i = 0; i < 10; i++) await undefined;
};

test('so many are read and used at a time, in the order in which they came', async () => {
  const arrivals = new Arrivals({ atOnce: 2, slowMs: 60_000, slowMax: 1 });
  const all = Array.from({ length: 4 }, () => arrival(arrivals));
  const [first, second, third, fourth] = all as [(typeof all)[0], ...typeof all];
  await turns();
  assert.deepEqual(
    all.map(({ seen }) => seen),
    [['reads'], ['reads'], [], []],
  );
  first.read.resolve('a');
  await turns();
  assert.deepEqual([first.seen, third?.seen], [['reads', 'has a'], []]);
  first.used.resolve('done');
  assert.equal(await first.done, 'done');
  await turns();
  assert.deepEqual([third?.seen, fourth?.seen], [['reads'], []]);
  second?.read.reject(new Error('broken off'));
  await assert.rejects(second?.done ?? assert.fail(), /broken off/);
  await turns();
  assert.deepEqual(fourth?.seen, ['reads']);
  for (const each of [third, fourth]) {
    each?.read.resolve('b');
    each?.used.resolve('done');
    assert.equal(await each?.done, 'done');
  }
});

test('one that is slow makes way, and goes on when all of it is there', async () => {
  const arrivals = new Arrivals({ atOnce: 1, slowMs: 1, slowMax: 2 });
  const [slow, quick] = [arrival(arrivals), arrival(arrivals)];
  while (quick.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  quick.read.resolve('q');
  await turns();
  slow.read.resolve('s');
  await turns();
  assert.deepEqual(slow.seen, ['reads']);
  quick.used.resolve('done');
  await quick.done;
  await turns();
  assert.deepEqual(slow.seen, ['reads', 'has s']);
  slow.used.resolve('done');
  assert.equal(await slow.done, 'done');
});

test('of slow ones there are so many, a further one is told to come again at once', async () => {
  const arrivals = new Arrivals({ atOnce: 1, slowMs: 1, slowMax: 1 });
  const [slow, further, quick] = [arrival(arrivals), arrival(arrivals), arrival(arrivals)];
  await assert.rejects(further.done, { code: 'RequestThrottledException' });
  await turns();
  assert.deepEqual([slow.seen, quick.seen], [['reads'], ['reads']]);
  quick.read.resolve('q');
  quick.used.resolve('done');
  assert.equal(await quick.done, 'done');
  slow.read.resolve('s');
  slow.used.resolve('done');
  assert.equal(await slow.done, 'done');
  // There is room for another slow one.
  const [another, next] = [arrival(arrivals), arrival(arrivals)];
  for (const each of [next, another]) {
    each.read.resolve('a');
    each.used.resolve('done');
    assert.equal(await each.done, 'done');
  }
});
