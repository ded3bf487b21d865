/**
 * Ten thousand file systems and disks that were changed at random: every call ends in an answer or
 * in `UnreadableContents` within its time, and nothing is read outside.
 */
import { test } from 'node:test';
import { firstSeed } from '../../tools/soak-story.ts';
import { fuzzed, fuzzedDisks, tryMutations } from './test-mutations.ts';

const points = 10_000;
const all = [
  ...Object.entries(fuzzed).map(([name, make]) => ({ name, make, isDisk: false })),
  ...Object.entries(fuzzedDisks).map(([name, make]) => ({ name, make, isDisk: true })),
];
const count = Math.ceil(points / all.length);

for (const { name, make, isDisk } of all) {
  test(name, async () => {
    const total = await tryMutations(await make(), { count, seed: firstSeed, isDisk });
    const { refused, partly, longestMs } = total;
    console.log(
      `${name}: ${count} mutations, ${refused} not opened, ${partly} read in part, ` +
        `longest call ${Math.round(longestMs)} ms`,
    );
  });
}
