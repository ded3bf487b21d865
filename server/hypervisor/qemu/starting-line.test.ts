import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { StartingLine } from './starting-line.ts';

test('all begin when the last is ready; who fails keeps nobody waiting', async () => {
  const line = new StartingLine({ waitMaxMs: 60_000 });
  const begun: string[] = [];
  const ready = async (name: string, place: { ready(): Promise<void> }) => {
    await place.ready();
    begun.push(name);
  };
  const [first, second, failing] = [line.enter(), line.enter(), line.enter()];
  const waiting = [ready('first', first), ready('second', second)];
  await turn();
  assert.deepEqual(begun, []);
  failing[Symbol.dispose]();
  failing[Symbol.dispose]();
  await Promise.all(waiting);
  assert.deepEqual(begun.sort(), ['first', 'second']);
  // Nobody else is there.
  await line.enter().ready();
});

test('nobody waits for ever', async () => {
  const line = new StartingLine({ waitMaxMs: 1 });
  const slow = line.enter();
  await line.enter().ready();
  await slow.ready();
});
