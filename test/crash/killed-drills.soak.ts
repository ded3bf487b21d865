/** Drills while Imago is killed. A point is a story of a seed, with a dozen kills. */
import { test } from 'node:test';
import { firstSeed, minutes } from '../../tools/soak-story.ts';
import { tellKilledDrills } from './killed-drills.ts';

const stories = Number(process.env.IMAGO_SOAK_POINTS ?? 5);

test('drills go on after kills, end once, and leave nothing', async () => {
  const untilMs = performance.now() + minutes * 60_000;
  let seed = firstSeed;
  for (; seed < firstSeed + stories && performance.now() < untilMs; seed++) {
    await tellKilledDrills({ seed, kills: 12 });
  }
  console.log(`soak: killed drills: ${seed - firstSeed} stories, seeds from ${firstSeed}`);
});
