/** A short run of requests.soak.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzImago } from './imago.ts';

test('whatever is asked for, nothing fails on Imago’s side', async () => {
  const { faults, succeeded } = await fuzzImago(1, 1500, { patient: false });
  assert.deepEqual(faults, []);
  assert.ok(succeeded.size > 20, 'hardly anything was understood');
});
