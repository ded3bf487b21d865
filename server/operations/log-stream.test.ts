/** The log as it is told to one who reads along, however slowly. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { jsonLog } from '../foundations/log.ts';
import { RecentLog } from '../foundations/recent-log.ts';
import { LogStream } from './log-stream.ts';

let recent: RecentLog;
let stream: LogStream | undefined;
beforeEach(() => {
  recent = new RecentLog();
});
afterEach(() => stream?.destroy());

const read = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

function listen(heartbeatMs?: number): () => { message?: string; leftOut?: number }[] {
  stream = new LogStream(recent, heartbeatMs);
  let heard = '';
  stream.on('data', (chunk) => {
    heard += chunk;
  });
  return () => read(heard);
}

test('what is newest comes first, then what comes, in order', async () => {
  const log = jsonLog(recent.write);
  log.info('one');
  log.warn('two', { error: new Error('why') });
  const lines = listen();
  await turn();
  log.info('three');
  await turn();
  assert.deepEqual(
    lines().map(({ message }) => message),
    ['one', 'two', 'three'],
  );
});

test('the newest lines are kept, and of long ones fewer', () => {
  for (let number = 0; number < 1200; number++) recent.write(`${number}\n`);
  assert.equal(recent.lines().length, 1000);
  assert.equal(recent.lines()[0], '200\n');
  const long = `${'x'.repeat(100_000)}\n`;
  for (let number = 0; number < 8; number++) recent.write(long);
  assert.equal(recent.lines().length, 5);
});

test('who does not read is told how many lines were left out, and costs no more than those kept', async () => {
  const log = jsonLog(recent.write);
  const lines = listen();
  await turn();
  stream?.pause();
  const text = 'x'.repeat(100);
  for (let number = 0; number < 3000; number++) log.info(`${number} ${text}`);
  stream?.resume();
  const last = () => lines().at(-1)?.message;
  while (last() !== `2999 ${text}`) await sleep(2);
  const leftOut = lines().reduce((sum, line) => sum + (line.leftOut ?? 0), 0);
  assert.ok(leftOut > 1000, `${leftOut}`);
  assert.equal(lines().filter(({ message }) => message).length, 3000 - leftOut);
});

test('it says that it is alive, and hears nothing once it is gone', async () => {
  const lines = listen(5);
  while (lines().length === 0) await sleep(2);
  assert.deepEqual(lines()[0], {});
  const gone = stream as LogStream;
  gone.destroy();
  await once(gone, 'close');
  const heard = lines().length;
  recent.write('{"message":"late"}\n');
  await turn();
  assert.equal(lines().length, heard);
});
