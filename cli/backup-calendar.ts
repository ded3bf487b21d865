/**
 * Days of backups as a calendar for a terminal: weeks from left to right under the names of their
 * months, weekdays from Monday down, as many weeks in a row as the terminal has room for.
 */
import type { SimulatedDay } from '../api/imago-simulate.ts';
import type { Style } from './output.ts';

const weekdays = ['Mon', '', 'Wed', '', 'Fri', '', 'Sun'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const labelWidth = 4;

interface Mark {
  mark: string;
  style: Style;
  meaning: string;
}

const marks = {
  all: { mark: '█', style: 'green', meaning: 'made, and there at the end' },
  some: { mark: '▒', style: 'yellow', meaning: 'some of them there' },
  none: { mark: '·', style: 'dim', meaning: 'made, and removed again' },
} as const satisfies Record<string, Mark>;

type Paint = (style: Style, text: string) => string;

export function calendarLines(
  days: readonly SimulatedDay[],
  { columns, paint }: { columns: number; paint: Paint },
): string[] {
  const [first] = days;
  if (!first) return [];
  // So many days of the first week are not asked for.
  const before = (new Date(first.Date).getUTCDay() + 6) % 7;
  const weekCount = Math.ceil((before + days.length) / 7);
  const perRow = Math.max(1, columns - labelWidth);
  const lines: string[] = [];
  for (let week = 0; week < weekCount; week += perRow) {
    const weeks = Math.min(perRow, weekCount - week);
    if (week > 0) lines.push('');
    lines.push(' '.repeat(labelWidth) + monthNames(days, { before, week, weeks, perRow }));
    for (const [row, name] of weekdays.entries()) {
      const cells = Array.from({ length: weeks }, (_, column) =>
        cellOf(days[(week + column) * 7 + row - before], paint),
      );
      lines.push(name.padEnd(labelWidth) + cells.join('').trimEnd());
    }
  }
  return [...lines, '', legend(paint)];
}

function cellOf(day: SimulatedDay | undefined, paint: Paint): string {
  if (!day || day.Made === 0) return ' ';
  const { mark, style } = marks[day.Left === 0 ? 'none' : day.Left < day.Made ? 'some' : 'all'];
  return paint(style, mark);
}

function legend(paint: Paint): string {
  const told = Object.values(marks).map(
    ({ mark, style, meaning }) => `${paint(style, mark)} ${meaning}`,
  );
  return told.join('   ');
}

/** Each where its first day is, and the one before the first of them where there is room. */
function monthNames(
  days: readonly SimulatedDay[],
  { before, week, weeks, perRow }: Record<'before' | 'week' | 'weeks' | 'perRow', number>,
): string {
  let line = '';
  let last: number | undefined;
  for (let column = 0; column < weeks; column++) {
    // The last day of the week; in the first column of a row the first that is there.
    const index = (week + column) * 7 + (column === 0 ? (week === 0 ? before : 0) : 6) - before;
    const day = days[Math.min(index, days.length - 1)];
    const month = new Date(day?.Date ?? '').getUTCMonth();
    const name = months[month] ?? '';
    const hasRoom = (column === 0 || line.length < column) && column + name.length <= perRow;
    if (month !== last && hasRoom) line = line.padEnd(column) + name;
    last = month;
  }
  return line.trimEnd();
}
