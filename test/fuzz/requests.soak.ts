/** 100,000 requests at random, as many right as wrong, and what memory the server has meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSeed } from '../../tools/soak-story.ts';
import { fuzzImago } from './imago.ts';

const count = Number(process.env.IMAGO_SOAK_POINTS ?? 100_000);
/** V8 collects when it likes: figures of one state differ by as much. */
const growthMax = 1.3;

test('whatever is asked for, nothing fails on Imago’s side, and its memory stays as it is', async () => {
  const { faults, statuses, succeeded, memoryMb } = await fuzzImago(firstSeed, count, {
    patient: true,
    tell: (line) => console.log(`soak: requests: ${line}`),
  });
  console.log(
    `soak: requests: ${count} of seed ${firstSeed}, ${faults.length} faults, ` +
      `${succeeded.size} actions succeeded, ${JSON.stringify(statuses)}`,
  );
  assert.deepEqual(faults, []);
  const fifth = Math.floor(memoryMb.length / 5);
  if (fifth < 5) return; // too few to tell growth from warming up
  const [early, late] = [median(memoryMb.slice(fifth, 2 * fifth)), median(memoryMb.slice(-fifth))];
  console.log(
    `soak: requests: ${early.toFixed(0)} MB in the second fifth, ${late.toFixed(0)} in the last`,
  );
  assert.ok(late < early * growthMax, `from ${early} to ${late} MB`);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
