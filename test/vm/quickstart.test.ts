/**
 * The quickstart as a person runs it: it shows what it promises, and leaves nothing, also when it
 * is interrupted.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
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

test('the quickstart does the main job and leaves nothing', async () => {
  const before = folders();
  const { ended } = quickstart(['--json']);
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
  assert.deepEqual(folders(), before);
});

test('an interrupted quickstart leaves nothing', async () => {
  const before = folders();
  const { child, ended } = quickstart([]);
  const own = await new Promise<string>((resolve) => {
    let told = '';
    child.stdout?.on('data', (chunk) => {
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
