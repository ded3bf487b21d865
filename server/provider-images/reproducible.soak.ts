/**
 * Debian with packages and files added, built twice: the same disk to the byte, whose lock names
 * what is in it; and the same for the provider's own. Real packages from the machine's mirror.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import type { Additions } from './additions.ts';
import { lockDifferences } from './package-lock.ts';
import { buildProviderImage } from './provider-image.ts';

const web: Additions = {
  packages: ['nginx'],
  files: [
    {
      path: '/var/www/html/index.html',
      content: Buffer.from('made\n'),
      mode: 0o640,
      owner: 'root:www-data',
    },
  ],
};
const nothing: Additions = { packages: [], files: [] };

for (const [what, additions] of Object.entries({ 'nginx and a page': web, nothing })) {
  test(`debian-12 with ${what} is the same disk twice`, async () => {
    const one = await built(additions);
    const other = await built(additions);
    assert.deepEqual(lockDifferences(one.lock, other.lock), []);
    assert.equal(one.digest, other.digest);
    const has = one.lock.packages.some(({ name }) => name === 'nginx');
    assert.equal(has, additions === web);
  });
}

async function built(additions: Additions) {
  const folder = mkdtempSync(path.join(tmpdir(), 'imago-twice-'));
  try {
    const workFolder = path.join(folder, 'work');
    const now = new Date('2026-01-31T23:59:30Z');
    const image = await buildProviderImage({ name: 'debian-12', workFolder, now, additions });
    const hash = createHash('sha256');
    await pipeline(createReadStream(image.diskPath), hash);
    return { lock: image.lock, digest: hash.digest('hex') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
