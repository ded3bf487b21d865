/** 100,000 requests that nobody should send, and as many that one might. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSeed } from '../../tools/soak-story.ts';
import { fuzzImago } from './imago.ts';

const count = Number(process.env.IMAGO_SOAK_POINTS ?? 100_000);

test('whatever is asked for, nothing fails on Imago’s side, and its memory stays as it is', async () => {
  const { faults, statuses, succeeded, memoryMb } = await fuzzImago(firstSeed, count, {
    patient: true,
    tell: (line) => console.log(`soak: requests: ${line}`),
  });
  console.log(
    `soak: requests: ${count} of seed ${firstSeed}, ${faults.length} faults, ` +
      `${succeeded.size} actions succeeded, MB ${memoryMb.map(Math.round).join(' ')}, ` +
      `${JSON.stringify(statuses)}`,
  );
  assert.deepEqual(faults, []);
});
