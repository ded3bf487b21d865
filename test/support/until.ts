/** For tests of what other processes do: nobody tells when it has happened. */
import { setTimeout as delay } from 'node:timers/promises';

const firstPauseMs = 100;
const longestPauseMs = 500;

/** Waits until it is so; the limit only ends a test that fails anyway. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 180_000,
): Promise<void> {
  const started = Date.now();
  while (!(await isSo())) {
    if (Date.now() - started > limitMs) throw new Error(`it never came to: ${what}`);
    await pauseSince(started);
  }
}

/**
 * Between two looks: a twentieth of the time waited so far. Looks take the processors from what is
 * waited for, often a guest for minutes.
 */
export async function pauseSince(started: number, firstMs = firstPauseMs): Promise<void> {
  await delay(Math.max(firstMs, Math.min(longestPauseMs, (Date.now() - started) / 20)));
}
