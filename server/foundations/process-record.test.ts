import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  commandOf,
  isRunning,
  readProcessRecord,
  recordOf,
  signalProcess,
  waitUntilGone,
} from './process-record.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'im-rec-'));
after(() => rmSync(folder, { recursive: true }));

const file = path.join(folder, 'some.pid');

test('a record is believed while its process runs, and no longer', async () => {
  const child = spawn('sleep', ['1000']);
  const record = recordOf(child.pid as number);
  assert.ok(record);
  writeFileSync(file, JSON.stringify(record));
  assert.deepEqual(readProcessRecord(file), record);
  assert.equal(isRunning(record), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isRunning(record), false);
  assert.equal(recordOf(record.pid), undefined);
});

test('it is waited for until it is gone, for so long, and then takes no signal', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)', '--', 'word']);
  await once(child, 'spawn');
  const record = recordOf(child.pid as number);
  assert.ok(record);
  const gone = (limitMs: number) => waitUntilGone(() => isRunning(record), limitMs);
  assert.equal(await gone(1), false);
  assert.equal(commandOf(record.pid)?.at(-1), 'word');
  const closed = once(child, 'close');
  signalProcess(record, 'SIGKILL');
  assert.equal(await gone(60_000), true);
  await closed;
  assert.equal(commandOf(record.pid), undefined);
  signalProcess(record, 'SIGKILL');
});

test('another start of the same pid, and another boot of the host, are other processes', () => {
  const record = recordOf(process.pid);
  assert.ok(record);
  assert.equal(isRunning({ ...record, startTicks: `${Number(record.startTicks) + 1}` }), false);
  assert.equal(isRunning({ ...record, bootId: 'another' }), false);
  assert.equal(isRunning({ pid: record.pid, startTicks: record.startTicks }), true);
});

test('what is no record is none, and nothing is waited for or followed', () => {
  const place = (name: string) => path.join(folder, name);
  for (const text of ['', 'x', '7', 'null', '{"pid":1,"startTicks":"5"}', '{"pid":77}']) {
    writeFileSync(file, text);
    assert.equal(readProcessRecord(file), undefined, text);
  }
  writeFileSync(file, JSON.stringify(recordOf(process.pid)));
  symlinkSync(file, place('link'));
  execFileSync('mkfifo', [place('fifo')]);
  mkdirSync(place('folder'));
  writeFileSync(place('long'), `${JSON.stringify(recordOf(process.pid))}${' '.repeat(5000)}`);
  for (const name of ['link', 'fifo', 'folder', 'long', 'absent']) {
    assert.equal(readProcessRecord(place(name)), undefined, name);
  }
});
