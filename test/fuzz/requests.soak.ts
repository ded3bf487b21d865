/** 100,000 requests at random, as many right as wrong, and what memory the server has meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSeed } from '../../tools/soak-story.ts';
import { fuzzImago } from './imago.ts';

const count = Number(process.env.IMAGO_SOAK_POINTS ?? 100_000);
/** Of what is in use: some more rows are in the databases' and Imago's own bounded caches. */
const usedGrowthMax = 1.2;
/** V8 collects when it likes: what is resident differs by half in one and the same state. */
const residentGrowthMax = 1.5;

test('whatever is asked for, nothing fails on Imago’s side, and its memory stays as it is', async () => {
  const { faults, statuses, succeeded, memory } = await fuzzImago(firstSeed, count, {
    patient: true,
    tell: (line) => console.log(`soak: requests: ${line}`),
  });
  console.log(
    `soak: requests: ${count} of seed ${firstSeed}, ${faults.length} faults, ` +
      `${succeeded.size} actions succeeded, ${JSON.stringify(statuses)}`,
  );
  assert.deepEqual(faults, []);
  const fifth = Math.floor(memory.length / 5);
  if (fifth < 5) return; // too few to tell growth from warming up
  const growth = (figure: 'usedMb' | 'residentMb') => {
    const values = memory.map((each) => each[figure]);
    const early = median(values.slice(fifth, 2 * fifth));
    const late = median(values.slice(-fifth));
    console.log(
      `soak: requests: ${figure} ${early.toFixed(0)} in the second fifth, ${late.toFixed(0)} in the last`,
    );
    return late / early;
  };
  assert.ok(growth('usedMb') < usedGrowthMax);
  assert.ok(growth('residentMb') < residentGrowthMax);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
