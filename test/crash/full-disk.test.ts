/**
 * The disk of the home becomes full at a random moment, and is emptied through the API: as root and as an ordinary user. The
 * story is full-disk-story.ts; `IMAGO_SEED` tells it again, `IMAGO_STORIES` tells more of them.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { mibBytes } from '../../server/foundations/sizes.ts';
import { roles, tellOnSmallDisk } from '../support/small-disk.ts';

const script = path.join(import.meta.dirname, 'full-disk-story.ts');
const stories = Number(process.env.IMAGO_STORIES ?? 2);
const firstSeed = Number(process.env.IMAGO_SEED ?? Math.floor(Math.random() * 1e9));
const bytes = 192 * mibBytes;
const limitMs = 120_000;

for (const role of roles) {
  describe(`a full disk, as ${role === 'root' ? 'root' : 'an ordinary user'}`, () => {
    for (let seed = firstSeed; seed < firstSeed + stories; seed++) {
      test(`is emptied through the API (IMAGO_SEED=${seed})`, async () => {
        const problem = await tellOnSmallDisk({
          role,
          bytes,
          script,
          arguments: [String(seed)],
          limitMs,
        });
        if (problem) assert.fail(problem);
      });
    }
  });
}
