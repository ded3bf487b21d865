/** For tests of what other processes do: nobody tells when it has happened. */
import { setTimeout as delay } from 'node:timers/promises';

const everyMs = 100;

/** Waits until it is so; the limit only ends a test that fails anyway. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 180_000,
): Promise<void> {
  const started = Date.now();
  while (!(await isSo())) {
    if (Date.now() - started > limitMs) throw new Error(`it never came to: ${what}`);
    await delay(everyMs);
  }
}
