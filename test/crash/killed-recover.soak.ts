/** The long run of killed-recover.test.ts, and kills beside sealing and copying. A point is a story. */
import { test } from 'node:test';
import { firstSeed, minutes } from '../../tools/soak-story.ts';
import { tellKilledCopies, tellKilledRecover } from './killed-recover.ts';

const stories = Number(process.env.IMAGO_SOAK_POINTS ?? 10);

test('recoveries, sealed catalogs and second stores are whole, whenever Imago is killed', async () => {
  const untilMs = performance.now() + minutes * 60_000;
  let [seed, halves] = [firstSeed, 0];
  for (; seed < firstSeed + stories && performance.now() < untilMs; seed++) {
    halves += await tellKilledRecover({ seed, kills: 20 });
    await tellKilledCopies({ seed, kills: 6 });
  }
  console.log(
    `soak: killed recoveries: ${seed - firstSeed} stories, ${halves} halves, seeds from ${firstSeed}`,
  );
});
