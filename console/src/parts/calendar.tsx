/**
 * A year, day by day: weeks beside each other, or on a narrow screen months with the newest first.
 * What a day shows is said by who uses it: a figure, a mark, a look, and a sentence for those who
 * hear the page. It is one stop of the Tab key, and one moves in it by arrow keys.
 */
import '../styles/calendar.css';
import type { JSX } from 'preact';
import { useSyncExternalStore } from 'preact/compat';
import { useEffect, useId, useState } from 'preact/hooks';
import { calendarText as text } from '../text/calendar.ts';
import {
  type Day,
  daysFrom,
  monthOf,
  monthsOf,
  plusDays,
  startOf,
  weekdayOf,
  weeksOf,
} from './days.ts';

export interface DayShown {
  /** A figure; nothing for a day without any. */
  figure?: string;
  /** One character under it. */
  mark?: string;
  /** Names of classes (calendar.css). */
  look?: string;
  /** All of it in words. */
  title: string;
}

interface Props {
  label: string;
  /** In their order, without gaps. */
  days: readonly Day[];
  today: Day;
  chosen?: Day;
  /** Of months one under the other. */
  newestFirst?: boolean;
  show(day: Day): DayShown;
  onChoose(day: Day): void;
}

/** The grid itself has the focus, and says which day is meant: hundreds of buttons would be slow. */
export function Calendar(props: Props) {
  const { label, days, today, chosen, newestFirst, show, onChoose } = props;
  const isNarrow = useIsNarrow();
  const id = useId();
  const [at, setAt] = useState<Day>();
  const active = [at, chosen, today].find((day) => day && days.includes(day)) ?? days.at(-1) ?? '';
  const idOf = (day: Day) => `${id}-${day}`;
  useEffect(() => {
    if (at) document.getElementById(idOf(at))?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') onChoose(active);
    const next = afterKey(event.key, active, isNarrow);
    if (next) setAt(days.includes(next) ? next : next < active ? days[0] : days.at(-1));
    if (next || event.key === 'Enter' || event.key === ' ') event.preventDefault();
  };
  const onClick = ({ target }: MouseEvent) => {
    const cell = target instanceof Element ? target.closest<HTMLElement>('[data-day]') : null;
    const { day } = cell?.dataset ?? {};
    if (!day) return;
    setAt(day);
    onChoose(day);
  };
  const cell = (day: Day | undefined, key: number) =>
    day === undefined ? (
      <td key={key} />
    ) : (
      <DayCell
        key={day}
        id={idOf(day)}
        day={day}
        shown={show(day)}
        isToday={day === today}
        isChosen={day === chosen}
        isActive={day === active}
        hasDate={isNarrow}
      />
    );
  const Body = isNarrow ? Months : Weeks;
  return (
    <div class="calendar">
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that one moves in is a grid
        role="grid"
        tabIndex={0}
        class={isNarrow ? 'months' : 'weeks'}
        aria-label={label}
        aria-describedby={id}
        aria-activedescendant={active && idOf(active)}
        onKeyDown={onKey}
        onClick={onClick}
      >
        <Body days={days} newestFirst={newestFirst} cell={cell} />
      </table>
      <p id={id} class="unseen">
        {text.keys}
      </p>
    </div>
  );
}

interface BodyProps {
  days: readonly Day[];
  newestFirst: boolean | undefined;
  cell(day: Day | undefined, key: number): JSX.Element;
}

/** Weekdays one under the other. */
function Weeks({ days, cell }: BodyProps) {
  const weeks = weeksOf(days);
  return (
    <>
      <thead>
        <tr>
          <td />
          {monthSpans(weeks).map(([month, span]) => (
            <th key={month} scope="colgroup" colSpan={span}>
              {span > 1 && shortMonth(month)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weekdays.map((name, weekday) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {weeks.map((week, index) => cell(week[weekday], index))}
          </tr>
        ))}
      </tbody>
    </>
  );
}

function Months({ days, newestFirst, cell }: BodyProps) {
  const months = monthsOf(days);
  return (
    <>
      <thead>
        <tr>
          {weekdays.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      {(newestFirst ? months.reverse() : months).map(([month, those]) => (
        <tbody key={month}>
          <tr>
            <th colSpan={7} scope="rowgroup">
              {longMonth(month)}
            </th>
          </tr>
          {weeksOf(those).map((week) => (
            <tr key={week.find(Boolean)}>{week.map(cell)}</tr>
          ))}
        </tbody>
      ))}
    </>
  );
}

interface CellProps {
  id: string;
  day: Day;
  shown: DayShown;
  isToday: boolean;
  isChosen: boolean;
  isActive: boolean;
  /** Its number is not told by its place. */
  hasDate: boolean;
}

function DayCell({ id, day, shown, isToday, isChosen, isActive, hasDate }: CellProps) {
  const { figure, mark, look, title } = shown;
  const words = [longDay(day), isToday && text.today, title].filter(Boolean).join(', ');
  const classes = ['day', look, isToday && 'today', isChosen && 'picked', isActive && 'active'];
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: a cell of a grid is a gridcell
    <td id={id} data-day={day} aria-selected={isChosen} title={words}>
      <span class="unseen">{words}</span>
      <span class={classes.filter(Boolean).join(' ')} aria-hidden="true">
        {hasDate && <span class="date">{Number(day.slice(8))}</span>}
        {figure && <span>{figure}</span>}
        {mark && <b>{mark}</b>}
      </span>
    </td>
  );
}

/** Where a key leads to; undefined for all others. */
function afterKey(key: string, from: Day, isNarrow: boolean): Day | undefined {
  const [across, down] = isNarrow ? [1, 7] : [7, 1];
  const steps: Record<string, number> = {
    ...{ ArrowLeft: -across, ArrowRight: across, ArrowUp: -down, ArrowDown: down },
    ...{ Home: -weekdayOf(from), End: 6 - weekdayOf(from), PageUp: -28, PageDown: 28 },
  };
  const step = steps[key];
  return step === undefined ? undefined : plusDays(from, step);
}

const weekdays = daysFrom('2026-11-23', '2026-11-29').map((day) =>
  named(day, { weekday: 'short' }),
);

function named(day: Day, how: Intl.DateTimeFormatOptions): string {
  return startOf(day).toLocaleDateString('en-GB', how);
}

export const longDay = (day: Day) =>
  named(day, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

const shortMonth = (month: string) => named(`${month}-01`, { month: 'short' });
const longMonth = (month: string) => named(`${month}-01`, { month: 'long', year: 'numeric' });

/** Over how many weeks a month is written: from the week on that it begins with or in. */
function monthSpans(weeks: readonly (Day | undefined)[][]): [month: string, weeks: number][] {
  const spans = new Map<string, number>();
  for (const week of weeks) {
    const month = monthOf(week.findLast(Boolean) ?? '');
    spans.set(month, (spans.get(month) ?? 0) + 1);
  }
  return [...spans];
}

/** As the style sheets have it. */
const narrow = '(max-width: 760px)';

function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(narrow);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(narrow).matches,
  );
}
