/** The long run of killed-transfers.test.ts. A point is a story of a seed, with a dozen kills. */
import { test } from 'node:test';
import { firstSeed, minutes } from '../../tools/soak-story.ts';
import { tellKilledTransfers } from './killed-transfers.ts';

const stories = Number(process.env.IMAGO_SOAK_POINTS ?? 10);

test('uploads and imports go on after kills, and lose nothing', async () => {
  const untilMs = performance.now() + minutes * 60_000;
  let seed = firstSeed;
  for (; seed < firstSeed + stories && performance.now() < untilMs; seed++) {
    await tellKilledTransfers({ seed, kills: 12, blocks: 200 });
  }
  console.log(`soak: killed transfers: ${seed - firstSeed} stories, seeds from ${firstSeed}`);
});
