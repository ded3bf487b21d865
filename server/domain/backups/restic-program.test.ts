/** Some rules by restic's program and by ours; thousands are restic-program.soak.ts's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareWithRestic } from './test-restic-story.ts';

test('what restic keeps, and why, is what is kept here', async () => {
  assert.ok((await compareWithRestic(1, 5)) > 100);
  assert.ok((await compareWithRestic(5, 5)) > 100);
});
