/**
 * aws-cli as Debian packages it (2.9: no AWS_ENDPOINT_URL yet, so `--endpoint-url`). It is loaded
 * once for all calls of a test's process, but for lines of a shell, which start it as a user does.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { debianClient, environmentOf, type Reachable } from './debian-client.ts';

/** A line as somebody copies it into a shell. */
export async function awsLine(imago: Reachable, line: string): Promise<unknown> {
  const there = `aws --endpoint-url ${imago.endpoint} --output json`;
  return JSON.parse(await debianClient(imago, 'sh', ['-c', line.replace(/^aws/, there)]));
}

/** Rejects as `execFile` does, with `code` and `stderr`. */
export async function aws(imago: Reachable, ...words: string[]): Promise<unknown> {
  loaded ??= load();
  const socket = connect(await loaded);
  const options = ['--endpoint-url', imago.endpoint, '--output', 'json'];
  const call = { words: [...options, ...words], environment: environmentOf(imago) };
  socket.write(`${JSON.stringify(call)}\n`);
  const { code, stdout, stderr } = JSON.parse(await text(socket)) as Answer;
  if (code !== 0) {
    const message = `Command failed: aws ${words.join(' ')}\n${stderr}\n${stdout}`;
    throw Object.assign(new Error(message), { code, stdout, stderr });
  }
  return stdout.trim() ? JSON.parse(stdout) : undefined;
}

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/** Where it listens. */
let loaded: Promise<string> | undefined;

async function load(): Promise<string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aws-cli-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const socket = path.join(folder, 'socket');
  const program = path.join(import.meta.dirname, 'aws-cli-forks.py');
  const forks: ChildProcessByStdio<Writable, Readable, null> = spawn(
    '/usr/bin/python3',
    [program, socket],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { HOME: folder, PYTHONUTF8: '1' } },
  );
  await once(forks.stdout, 'data');
  // It ends with this process, which does not wait for it.
  for (const part of [forks, forks.stdin as Socket, forks.stdout as Socket]) part.unref();
  return socket;
}
