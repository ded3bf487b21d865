/** Which sealed catalogs are kept: the newest ones, and beyond them the last of each day and week. */
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
): Catalog[] {
  const kept = new Set(catalogs.slice(-newestKept));
  keepLast(dayMs, daysKept);
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
