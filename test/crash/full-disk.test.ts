/**
 * The disk of the home becomes full at a random moment, and is emptied through the API: on a small file system in memory, mounted
 * where nobody else sees it, as root and as an ordinary user. The story is full-disk-story.ts.
 */
import assert from 'node:assert/strict';
import { type ExecFileException, execFile } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';

const story = path.join(import.meta.dirname, 'full-disk-story.ts');
const stories = Number(process.env.IMAGO_STORIES ?? 2);
const firstSeed = Number(process.env.IMAGO_SEED ?? Math.floor(Math.random() * 1e9));
const storyLimitMs = 120_000;

const isRoot = process.getuid?.() === 0;
/** A user that may not mount gets a namespace in which it may. */
const namespace = isRoot ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
const roles = isRoot ? ['root', 'ordinary'] : ['named'];

function run(role: string, seed: number): Promise<string> {
  const argv = [...namespace, process.execPath, story, role, String(seed)];
  return new Promise((resolve) => {
    const ended = (error: ExecFileException | null, stdout: string, stderr: string) =>
      resolve(error ? `${error.message}\n${stdout}${stderr}` : '');
    execFile('unshare', argv, { timeout: storyLimitMs, maxBuffer: 2 ** 26 }, ended);
  });
}

for (const role of roles) {
  describe(`a full disk, as ${role === 'root' ? 'root' : 'an ordinary user'}`, () => {
    for (let seed = firstSeed; seed < firstSeed + stories; seed++) {
      test(`is emptied through the API (IMAGO_SEED=${seed})`, async () => {
        const problem = await run(role, seed);
        if (problem) assert.fail(problem);
      });
    }
  });
}
