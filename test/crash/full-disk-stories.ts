/**
 * Tells stories of a full disk (full-disk-story.ts) as tests, one after the other, each with a seed
 * of its own.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { mibBytes } from '../../server/foundations/sizes.ts';
import { roles, tellOnSmallDisk } from '../support/small-disk.ts';

const script = path.join(import.meta.dirname, 'full-disk-story.ts');
const bytes = 192 * mibBytes;
const limitMs = 120_000;

export function tellStories(count: number): void {
  const firstSeed = Number(process.env.IMAGO_SEED ?? Math.floor(Math.random() * 1e9));
  for (const role of roles) {
    describe(`a full disk, as ${role === 'root' ? 'root' : 'an ordinary user'}`, () => {
      for (let seed = firstSeed; seed < firstSeed + count; seed++) {
        test(`is emptied through the API (IMAGO_SEED=${seed})`, async () => {
          const disk = { role, bytes, script, arguments: [String(seed)], limitMs };
          const problem = await tellOnSmallDisk(disk);
          if (problem) assert.fail(problem);
        });
      }
    });
  }
}
