/** How fast something goes: what was moved in the last few seconds. */
const spanMs = 5000;
/** Before that it is too early to say. */
const leastMs = 500;

export function speedOf(startMs: number) {
  let total = 0;
  let recent: { at: number; bytes: number }[] = [];
  return {
    add(bytes: number, now: number): void {
      total += bytes;
      recent = [...recent.filter(({ at }) => at > now - spanMs), { at: now, bytes }];
    },
    at(now: number): { total: number; perSecond: number | undefined } {
      const since = Math.max(startMs, now - spanMs);
      if (now - since < leastMs) return { total, perSecond: undefined };
      const bytes = recent
        .filter(({ at }) => at > since)
        .reduce((sum, each) => sum + each.bytes, 0);
      return { total, perSecond: (bytes * 1000) / (now - since) };
    },
  };
}
