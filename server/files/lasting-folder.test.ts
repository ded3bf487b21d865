import assert from 'node:assert/strict';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CrashingFiles } from './crashing/crashing-files.ts';
import { makeLastingFolder } from './lasting-folder.ts';
import { nodeFiles } from './node/node-files.ts';

const folder = '/srv/images/home';

test('who is killed while they make it, and makes it again, has it after a power cut', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    for (let killAt = 1; killAt <= 5; killAt++) {
      const files = new CrashingFiles({ seed, killAt });
      await makeLastingFolder(files, folder).catch(() => {});
      const next = files.survivor ?? files;
      next.set({ seed });
      await makeLastingFolder(next, folder);
      assert.equal((await next.cut().stat(folder)).kind, 'folder', `seed ${seed}, ${killAt}`);
    }
  }
});

test('above it there may be folders that cannot be read', async () => {
  const top = await mkdtemp(path.join(tmpdir(), 'imago-lasting-'));
  await makeLastingFolder(nodeFiles, path.join(top, 'closed/open'));
  await chmod(path.join(top, 'closed'), 0o311);
  await makeLastingFolder(nodeFiles, path.join(top, 'closed/open/more'));
  const files = new CrashingFiles({
    seed: 1,
    fault: (operation, at) => (operation === 'syncFolder' && at === '/' ? 'EINVAL' : undefined),
  });
  await makeLastingFolder(files, folder);
});

test('a disk that fails fails it', async () => {
  const files = new CrashingFiles({
    seed: 1,
    fault: (operation) => (operation === 'syncFolder' ? 'EIO' : undefined),
  });
  await assert.rejects(makeLastingFolder(files, folder), { code: 'EIO' });
});
