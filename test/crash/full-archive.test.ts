/** The disk that the archive is on becomes full while a snapshot goes there. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { mibBytes } from '../../server/foundations/sizes.ts';
import { roles, tellOnSmallDisk } from '../support/small-disk.ts';

const script = path.join(import.meta.dirname, 'full-archive-story.ts');
const limitMs = 120_000;
const role = roles[0] ?? 'named';

for (const [place, bytes] of [
  ['apart', 16 * mibBytes],
  ['home', 192 * mibBytes],
] as const) {
  test(`${place}: it is said, nothing half remains, and the snapshot is used as before`, async () => {
    const problem = await tellOnSmallDisk({ role, bytes, script, arguments: [place], limitMs });
    if (problem) assert.fail(problem);
  });
}
