/** 4,000 sets of rules by restic's program and by ours, other ones each time: the name says the seed. */
import { test } from 'node:test';
import { compareWithRestic } from './test-restic-story.ts';

const first = Math.floor(Math.random() * 1_000_000);
const seeds = 200;
const rounds = 20;

for (let seed = first; seed < first + seeds; seed++) {
  test(`seed ${seed}`, async () => {
    await compareWithRestic(seed, rounds);
  });
}
