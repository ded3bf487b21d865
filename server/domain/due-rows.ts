/**
 * Which rows a round looks at: those whose time has come, and those that a clock that was ahead has
 * planned. Whoever plans a row has it looked at within a day, so that none that is further ahead was
 * planned by a clock that was right; what is looked at before its time is planned anew.
 */
import type { KeyEntry, KeyRange } from '../catalog/catalog.ts';

const dayMs = 24 * 60 * 60_000;
/** By so much a clock may have been ahead without anybody's noticing. */
const aheadMs = 60 * 60_000;
/** In one round; the others have their turn in the next. */
const atOnce = 100;

/** Nothing is planned to be looked at later than that. */
export function aDayAfter(now: Date): string {
  return new Date(now.getTime() + dayMs).toISOString();
}

/** Of a time that may be further ahead than a day when to look. */
export function lookAt(time: string | undefined, now: Date): string | undefined {
  const latest = aDayAfter(now);
  return time !== undefined && time > latest ? latest : time;
}

/** Their ids; `latestMs`: nothing is planned so long after it. */
export async function dueIds(
  listKeys: (range: KeyRange) => Promise<KeyEntry[]>,
  now: Date,
  latestMs = dayMs,
): Promise<string[]> {
  const keys = await listKeys({ prefix: '', limit: atOnce });
  const due = keys.filter(({ value }) => value <= now.toISOString()).map(({ id }) => id);
  return [...due, ...(await idsAhead(listKeys, now, latestMs))];
}

/** Of those that a clock that was ahead has planned. */
export async function idsAhead(
  listKeys: (range: KeyRange) => Promise<KeyEntry[]>,
  now: Date,
  latestMs = dayMs,
): Promise<string[]> {
  const beyond = new Date(now.getTime() + latestMs + aheadMs).toISOString();
  const ahead = await listKeys({ prefix: '', limit: atOnce, after: { value: beyond, id: '' } });
  return ahead.map(({ id }) => id);
}

/** One that fails takes nobody's turn; when all have had theirs, the first failure is thrown. */
export async function eachInTurn<T>(
  all: readonly T[],
  work: (each: T) => Promise<unknown>,
  failed: (each: T, error: unknown) => void = () => {},
): Promise<void> {
  const errors: unknown[] = [];
  for (const each of all) {
    await work(each).catch((error) => {
      failed(each, error);
      errors.push(error);
    });
  }
  if (errors.length > 0) throw errors[0];
}
