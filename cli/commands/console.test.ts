import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newPart } from './console.ts';

const launcher = path.resolve(import.meta.dirname, '../../bin/imago');

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('');

test('what was appended is new', () => {
  assert.equal(newPart('', 'boot\n'), 'boot\n');
  assert.equal(newPart('boot\n', 'boot\nlogin:'), 'login:');
  assert.equal(newPart('boot\n', 'boot\n'), '');
});

test('a console that lost its beginning goes on where it was', () => {
  assert.equal(newPart(lines(0, 1000), lines(500, 1010)), lines(1000, 1010));
});

test('a console that shares nothing with what was shown is shown whole', () => {
  assert.equal(newPart(lines(0, 1000), lines(5000, 5010)), lines(5000, 5010));
});

const hostile = Buffer.from('boot \x1b[32mOK\x1b[0m\r\n\x1b]0;owned\x07bell\x07 über\r\n');

/** What `imago console` prints about a guest that wrote these bytes, to a terminal or a pipe. */
async function printed(words: string[], onTerminal: boolean): Promise<string> {
  const server = http.createServer((request, response) => {
    request.resume();
    response.end(JSON.stringify({ InstanceId: 'i-1', Output: hostile.toString('base64') }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const home = mkdtempSync(path.join(tmpdir(), 'im-con-'));
  try {
    const { port } = server.address() as net.AddressInfo;
    mkdirSync(path.join(home, 'run'));
    writeFileSync(path.join(home, 'run/endpoint'), `http://127.0.0.1:${port}\nus-east-1\n`);
    const keys = ['aws_access_key_id = a', 'aws_secret_access_key = b'];
    writeFileSync(path.join(home, 'credentials'), `[default]\n${keys.join('\n')}\n`);
    const command = [launcher, 'console', 'i-1', '--home', home, ...words];
    const inTerminal = ['script', '-qec', command.join(' '), '/dev/null'];
    const [program = '', ...args] = onTerminal ? inTerminal : command;
    const { stdout } = await promisify(execFile)(program, args);
    return stdout;
  } finally {
    server.close();
    rmSync(home, { recursive: true });
  }
}

test('a terminal is not given what it would obey, unless it is asked for', async () => {
  assert.equal(await printed([], true), 'boot OK\r\nbell^G über\r\n');
  // The terminal makes a new line of each of its own.
  const raw = hostile.toString().replaceAll('\n', '\r\n');
  assert.equal(await printed(['--raw'], true), raw);
});

test('a pipe gets the bytes of the guest, and JSON its text', async () => {
  assert.equal(await printed([], false), hostile.toString());
  assert.equal(JSON.parse(await printed(['--json'], false)).Output, hostile.toString());
});
