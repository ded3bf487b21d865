/**
 * A story of crash points as a test of its own, for `*.soak.ts` files: all points of one seed, then
 * of the next, as long as soak.ts asks for. Prints what soak.ts adds up.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CrashStory, tryCrashPoints } from '../server/files/crashing/test-crash-points.ts';

const defaultPoints = 1000;

/** What soak.ts was asked for, for files without a story. */
export const firstSeed = Number(process.env.IMAGO_SOAK_SEED ?? 1);
export const minutes = Number(process.env.IMAGO_SOAK_MINUTES ?? Number.POSITIVE_INFINITY);

export function soakStory(story: CrashStory): void {
  const wanted = Number(process.env.IMAGO_SOAK_POINTS ?? defaultPoints);
  test(story.name, async () => {
    const untilMs = performance.now() + minutes * 60_000;
    const total = { points: 0, lost: 0, doubled: 0, leaked: 0 };
    const failures: string[] = [];
    let seed = firstSeed;
    for (; total.points < wanted && performance.now() < untilMs; seed++) {
      const result = await tryCrashPoints(story, { seed, untilMs });
      total.points += result.points;
      total.lost += result.lost;
      total.doubled += result.doubled;
      total.leaked += result.leaked;
      failures.push(...result.failures);
    }
    const { points, lost, doubled, leaked } = total;
    console.log(
      `soak: ${story.name}: ${points} points of seeds ${firstSeed} to ${seed - 1}, ` +
        `${lost} lost, ${doubled} doubled, ${leaked} leaked`,
    );
    assert.deepEqual(failures, []);
  });
}
