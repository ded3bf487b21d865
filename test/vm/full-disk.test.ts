/**
 * A capture of a real guest that does not fit, and a disk that is full to the last byte: the story
 * is full-disk-story.ts.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import { mibBytes } from '../../server/foundations/sizes.ts';
import { templateHome } from '../support/image-home.ts';
import { type Role, tellOnSmallDisk } from '../support/small-disk.ts';

const script = path.join(import.meta.dirname, 'full-disk-story.ts');
const limitMs = 600_000;

let template: string;
before(async () => {
  template = await templateHome('micro');
});

test('the failure is on record, what was half uploaded is given back, guests wait, and all of it is deleted', async () => {
  const role: Role = process.getuid?.() === 0 ? 'root' : 'named';
  const disk = { role, bytes: 420 * mibBytes, script, arguments: [template], limitMs };
  const problem = await tellOnSmallDisk(disk);
  if (problem) assert.fail(problem);
});
