/**
 * Which sealed catalogs are kept: the newest ones, and beyond them the last of each day and week; of
 * a store that is locked the last of each day for as long as it is, since without the catalog of
 * then nobody finds the blocks that it holds.
 */
const newestKept = 10;
const daysKept = 7;
const weeksKept = 5;
const dayMs = 24 * 60 * 60_000;
/** A Monday. */
const someMondayMs = Date.parse('1970-01-05T00:00:00Z');

/** Oldest first, as they are given. One of the future, by a clock that was set back, is kept. */
export function keptCatalogs<Catalog extends { createdAt: string }>(
  catalogs: readonly Catalog[],
  now: Date,
  { isLocked }: { isLocked: boolean },
): Catalog[] {
  const kept = new Set(catalogs.slice(-newestKept));
  keepLast(dayMs, isLocked ? Number.POSITIVE_INFINITY : daysKept);
  keepLast(7 * dayMs, weeksKept);
  return catalogs.filter((catalog) => kept.has(catalog));

  function keepLast(lengthMs: number, count: number): void {
    const spanOf = (ms: number) => Math.floor((ms - someMondayMs) / lengthMs);
    const oldest = spanOf(now.getTime()) - count;
    const last = new Map<number, Catalog>();
    for (const catalog of catalogs) last.set(spanOf(Date.parse(catalog.createdAt)), catalog);
    for (const [span, catalog] of last) if (span > oldest) kept.add(catalog);
  }
}
