/**
 * The quickstart as a person runs it: it shows what it promises, and leaves nothing, also when it
 * is interrupted.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from '../../cli/client.ts';
import { launcher, processesOf } from '../support/imago.ts';

const parent = '/var/tmp';

function quickstart(words: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(launcher, ['quickstart', '--image', 'micro', ...words]);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function folders(): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith('imago-quickstart-'))
    .map((name) => path.join(parent, name));
}

test('the quickstart does the main job, stays for as long as one likes, and leaves nothing', async () => {
  const before = folders();
  const { ended } = quickstart(['--json', '--keep']);
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout);
  assert.equal(report.copies.length, 3);
  assert.match(report.image.id, /^ami-/);
  assert.match(report.snapshotId, /^snap-/);
  for (const figure of ['guestPauseMs', 'storedBytes', 'sharedBytes', 'captureMs'] as const) {
    assert.ok(report[figure] > 0, figure);
  }
  assert.ok(report.storedBytes < report.sharedBytes, 'the capture shares more than it stores');
  // The link that it prints signs in to the console of what stays.
  const { origin, hash } = new URL(report.link);
  assert.equal(`${origin}/console/`, report.console);
  const told = new URLSearchParams(hash.slice(hash.indexOf('?')));
  const [accessKeyId = '', secretAccessKey = '', sessionToken] = told.values();
  const link = {
    endpoint: origin,
    region: 'us-east-1',
    accessKeyId,
    secretAccessKey,
    sessionToken,
  };
  assert.ok((await new Client(link).imago('SignIn', {})).Credentials.SessionToken);
  assert.deepEqual(folders(), [...before, report.home].toSorted());
  await promisify(execFile)(launcher, ['quickstart', '--remove', report.home]);
  assert.deepEqual(processesOf(report.home), []);
  assert.deepEqual(folders(), before);
});

test('an interrupted quickstart leaves nothing', async () => {
  const before = folders();
  const { child, ended } = quickstart([]);
  const own = await new Promise<string>((resolve) => {
    let told = '';
    child.stderr?.on('data', (chunk) => {
      told += chunk;
      const made = folders().find((folder) => !before.includes(folder));
      if (made && told.includes('✔ Launch an instance')) resolve(made);
    });
  });
  assert.ok(processesOf(own).length > 0, 'something runs');
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.equal(code, 1);
  assert.match(stderr, /Interrupted/);
  assert.deepEqual(processesOf(own), []);
  assert.deepEqual(folders(), before);
});
