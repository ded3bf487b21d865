import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { LogOutput } from './log-output.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'im-log-'));
after(() => rmSync(folder, { recursive: true }));

const lines = (text: string) => text.trimEnd().split('\n');

test('lines are written', () => {
  const file = path.join(folder, 'log');
  const output = new LogOutput(openSync(file, 'a'));
  output.write('one\n');
  output.write('two\n');
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
});

test('a full device takes nothing, and nothing fails', () => {
  const output = new LogOutput(openSync('/dev/full', 'w'));
  output.write('one\n');
  output.write('two\n');
});

test('a pipe that nobody reads holds nobody up; read again, it says how much was lost', () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const output = new LogOutput(openSync(pipe, 'w'));
  const count = 3000;
  for (let i = 0; i < count; i++) output.write(`${String(i).padStart(99, '0')}\n`);
  const read = () => {
    const buffer = Buffer.alloc(1024 * 1024);
    return lines(buffer.toString('utf8', 0, readSync(reader, buffer)));
  };
  const kept = read();
  assert.ok(kept.length > 100 && kept.length < count, `${kept.length} lines are in the pipe`);
  assert.ok(kept.every((line, index) => line.length === 99 && Number(line) === index));
  output.write('again\n');
  const [told = '', again, ...more] = read();
  assert.equal(JSON.parse(told).dropped, count - kept.length);
  assert.deepEqual([again, more], ['again', []]);
  closeSync(reader);
  output.write('to nobody\n');
});
