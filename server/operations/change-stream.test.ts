/** How changes are told to one who watches: how often, how many, and to whom does not read. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeFeed } from '../catalog/change-feed.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { keyPair } from '../catalog/test-rows.ts';
import { ChangeStream } from './change-stream.ts';

const caller = {
  account: '111111111111',
  region: 'us-east-1',
  accessKeyId: 'AKIA1',
  operator: false,
  groups: [],
};

let feed: ChangeFeed;
let stream: ChangeStream;
let heard: string;
beforeEach(() => {
  feed = new ChangeFeed(createMemoryCatalog());
  heard = '';
});
afterEach(() => stream.destroy());

function watch(everyMs: number, heartbeatMs = 60_000): void {
  stream = new ChangeStream(feed, caller, { everyMs, heartbeatMs });
}

function listen(): void {
  stream.on('data', (chunk) => {
    heard += chunk;
  });
}

const lines = () =>
  heard
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

async function untilHeard(what: (told: { table?: string; id?: string }[]) => boolean) {
  while (!what(lines())) await sleep(2);
}

const insert = (...ids: string[]) =>
  feed.catalog.write(async ({ keyPairs }) => {
    for (const id of ids) await keyPairs.insert(keyPair(id));
  });
const touch = (id: string) =>
  feed.catalog.write(async ({ keyPairs }) => {
    const row = await keyPairs.get(id);
    if (row) await keyPairs.update(row);
  });

test('a row is told at once, and one that changes on and on now and then', async () => {
  const everyMs = 150;
  watch(everyMs);
  listen();
  await insert('key-1', 'key-2');
  await untilHeard((told) => told.length === 2);
  const began = performance.now();
  let touches = 0;
  while (performance.now() - began < 3 * everyMs) {
    await touch('key-1');
    touches++;
    await sleep(1);
  }
  await sleep(2 * everyMs);
  const told = lines().slice(2);
  assert.deepEqual([...new Set(told.map(({ table, id }) => `${table} ${id}`))], ['keyPairs key-1']);
  const most = Math.ceil((performance.now() - began) / everyMs) + 1;
  assert.ok(told.length <= most && told.length < touches, `${told.length} of ${touches}`);
});

test('who does not read is told once that anything may have changed, and then goes on', async () => {
  watch(1);
  const ids = Array.from({ length: 3000 }, (_, number) => `key-${number}`);
  for (let from = 0; from < ids.length; from += 100) await insert(...ids.slice(from, from + 100));
  listen();
  await untilHeard((told) => told.length > 0);
  assert.deepEqual(lines(), [{ table: '*' }]);
  await insert('key-new');
  await untilHeard((told) => told.length > 1);
  assert.deepEqual(lines()[1], { table: 'keyPairs', id: 'key-new' });
});

test('who stops reading has little waiting for it', async () => {
  watch(1);
  listen();
  stream.pause();
  for (let round = 0; round < 40; round++) {
    await insert(...Array.from({ length: 200 }, (_, number) => `key-${round}-${number}`));
    await sleep(2);
  }
  assert.ok(stream.readableLength < 200_000, `${stream.readableLength} bytes`);
  stream.resume();
  await untilHeard((told) => told.at(-1)?.table === '*');
});

test('more than is worth telling is told as that', async () => {
  watch(1);
  listen();
  await insert(...Array.from({ length: 1500 }, (_, number) => `key-${number}`));
  await untilHeard((told) => told.length > 0);
  assert.deepEqual(lines(), [{ table: '*' }]);
});

test('while nothing changes it says so', async () => {
  watch(1, 20);
  listen();
  await untilHeard((told) => told.length === 3);
  assert.deepEqual(lines(), [{}, {}, {}]);
});

test('it ends with a change of its own account, and follows nothing when it was destroyed', async () => {
  watch(1);
  listen();
  const ended = once(stream, 'end');
  await feed.catalog.write(({ accounts }) =>
    accounts.insert({ id: caller.account, name: 'ci', createdAt: '' }),
  );
  await ended;
  assert.deepEqual(lines(), [{ table: 'accounts', id: caller.account }]);
  watch(1);
  const gone = once(stream, 'close');
  stream.destroy();
  await gone;
  await insert('key-1');
  assert.equal(stream.readableLength, 0);
});
