/**
 * For tests: runs a story once for each of its crash points, cuts the power there, restarts it on
 * what survived and asks what was lost. A failure names seed and point, with which it comes again.
 */
import { CrashingFiles, PowerCutError } from './crashing-files.ts';
import { seededNumbers } from './seeded-numbers.ts';

/** Everything here is wrong, told in words. */
export interface CrashDamage {
  /** Something that was promised is not there, or has other bytes. */
  lost: string[];
  /** Something is there twice. */
  doubled: string[];
  /** Something that nobody names is still there after all tidying. */
  leaked: string[];
}

export interface CrashStory {
  name: string;
  /** Sets up on files whose power is on; what it returns is played with the power cut somewhere. */
  begin(files: CrashingFiles, seed: number): Promise<CrashPlay>;
}

export interface CrashPlay {
  act(): Promise<unknown>;
  /** Restarts on what survived, or goes on where nothing was cut. */
  restart(files: CrashingFiles): Promise<CrashDamage>;
}

export interface CrashPointsOptions {
  seed: number;
  /** Of the points every nth is tried, beginning somewhere by the seed. */
  oneIn?: number;
  /** No point is begun after this, by `performance.now()`. */
  untilMs?: number;
}

export interface CrashPointsResult {
  points: number;
  lost: number;
  doubled: number;
  leaked: number;
  /** Each with seed and point. */
  failures: string[];
}

/**
 * Power cuts at the syncs, and as many kills anywhere between two operations, each with a power cut
 * when it has been restarted.
 */
export async function tryCrashPoints(
  story: CrashStory,
  { seed, oneIn = 1, untilMs = Number.POSITIVE_INFINITY }: CrashPointsOptions,
): Promise<CrashPointsResult> {
  const result: CrashPointsResult = { points: 0, lost: 0, doubled: 0, leaked: 0, failures: [] };
  const random = seededNumbers(seed);
  const whole = new CrashingFiles({ seed });
  const { points, operations } = await play(story, seed, whole, {}, result);
  for (let point = 1 + random(oneIn); point <= points; point += oneIn) {
    for (const way of [{ cutAt: point }, { killAt: 1 + random(operations) }]) {
      if (performance.now() >= untilMs) return result;
      await play(story, seed, new CrashingFiles({ seed }), way, result);
      result.points++;
    }
  }
  return result;
}

async function play(
  story: CrashStory,
  seed: number,
  files: CrashingFiles,
  way: { cutAt?: number; killAt?: number },
  result: CrashPointsResult,
): Promise<{ points: number; operations: number }> {
  const where = `${story.name}: seed ${seed}, ${JSON.stringify(way)}`;
  const { act, restart } = await story.begin(files, seed);
  files.set({ seed, ...way });
  await act().catch((error) => {
    if (!files.survivor) throw new Error(`${where}: it failed without a cut`, { cause: error });
  });
  const { points, operations } = files;
  const left = files.survivor ?? files;
  // What a killed process left on no disk the restart has to have there before it counts on it.
  const restarts = way.killAt === undefined ? 1 : 2;
  try {
    for (let on = left, done = 0; done < restarts; on = on.cut(), done++) {
      on.set({ seed });
      const { lost, doubled, leaked } = await restart(on);
      result.lost += lost.length;
      result.doubled += doubled.length;
      result.leaked += leaked.length;
      for (const damage of [...lost, ...doubled, ...leaked]) {
        result.failures.push(`${where}, ${done + 1}: ${damage}`);
      }
    }
  } catch (error) {
    if (error instanceof PowerCutError) throw error;
    result.lost++;
    result.failures.push(`${where}: the restart failed: ${(error as Error).stack}`);
  }
  return { points, operations };
}
