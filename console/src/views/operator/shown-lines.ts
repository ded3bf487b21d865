/** Which lines of the log one wants to see: from a level on, with a text anywhere in them. */
import type { LogLine } from '../../../../api/imago-health.ts';

const order = ['info', 'warn', 'error'];

interface Wanted {
  search: string;
  level: 'info' | 'warn' | 'error';
}

/** What was left out is told whatever one looks for. */
export function shownLines(lines: readonly LogLine[], { search, level }: Wanted): LogLine[] {
  const wanted = search.toLowerCase();
  return lines.filter(
    (line) =>
      line.leftOut !== undefined ||
      (order.indexOf(line.level ?? 'info') >= order.indexOf(level) &&
        JSON.stringify(line).toLowerCase().includes(wanted)),
  );
}
