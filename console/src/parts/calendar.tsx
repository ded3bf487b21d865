/**
 * A year, day by day: weeks beside each other, or on a narrow screen months with the newest first.
 * What a day shows is said by who uses it: a figure, a mark, a look, and a sentence for those who
 * hear the page. One moves in it by arrow keys; it is one stop of the Tab key.
 */
import '../styles/calendar.css';
import { useSyncExternalStore } from 'preact/compat';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
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
  show(day: Day): DayShown;
  onChoose(day: Day): void;
}

export function Calendar(props: Props) {
  const { days, today, chosen } = props;
  const isNarrow = useIsNarrow();
  const keysId = useId();
  const [focused, setFocused] = useState<Day>();
  const moved = useRef(false);
  const place = useRef<HTMLDivElement>(null);
  const stop = [focused, chosen, today].find((day) => day && days.includes(day)) ?? days.at(-1);
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    place.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }, [focused]);
  const onKey = (event: KeyboardEvent) => {
    const next = stop && afterKey(event.key, stop, isNarrow);
    if (!next) return;
    event.preventDefault();
    const end = next < stop ? days[0] : days.at(-1);
    moved.current = true;
    setFocused(days.includes(next) ? next : end);
  };
  const cell = (day: Day | undefined, key: number) =>
    day === undefined ? (
      <td key={key} />
    ) : (
      <DayCell
        key={day}
        {...props}
        day={day}
        isStop={day === stop}
        onFocus={setFocused}
        onKey={onKey}
      />
    );
  const parts = { label: props.label, days, keysId, cell };
  return (
    <div ref={place} class="calendar">
      {isNarrow ? <Months {...parts} /> : <Weeks {...parts} />}
      <p id={keysId} class="unseen">
        {text.keys}
      </p>
    </div>
  );
}

interface PartProps {
  label: string;
  days: readonly Day[];
  keysId: string;
  cell(day: Day | undefined, key: number): preact.JSX.Element;
}

/** Weekdays one under the other. */
function Weeks({ label, days, keysId, cell }: PartProps) {
  const weeks = weeksOf(days);
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that one moves in is a grid
    <table role="grid" class="weeks" aria-label={label} aria-describedby={keysId}>
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
    </table>
  );
}

function Months({ label, days, keysId, cell }: PartProps) {
  return (
    <>
      {monthsOf(days)
        .reverse()
        .map(([month, those]) => (
          <table
            key={month}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that one moves in is a grid
            role="grid"
            class="month"
            aria-label={`${label}, ${longMonth(month)}`}
            aria-describedby={keysId}
          >
            <thead>
              <tr>
                <th colSpan={7} scope="colgroup">
                  {longMonth(month)}
                </th>
              </tr>
              <tr>
                {weekdays.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {weeksOf(those).map((week) => (
                <tr key={week.find(Boolean)}>{week.map(cell)}</tr>
              ))}
            </tbody>
          </table>
        ))}
    </>
  );
}

interface CellProps extends Props {
  day: Day;
  isStop: boolean;
  onFocus(day: Day): void;
  onKey(event: KeyboardEvent): void;
}

function DayCell(props: CellProps) {
  const { day, today, chosen, isStop, show, onChoose, onFocus, onKey } = props;
  const { figure, mark, look, title } = show(day);
  const words = [longDay(day), day === today && text.today, title];
  return (
    <td>
      <button
        type="button"
        class={look ? `day ${look}` : 'day'}
        data-day={day}
        tabIndex={isStop ? 0 : -1}
        aria-pressed={day === chosen}
        aria-label={words.filter(Boolean).join(', ')}
        aria-current={day === today ? 'date' : undefined}
        title={`${longDay(day)}: ${title}`}
        onFocus={() => onFocus(day)}
        onKeyDown={onKey}
        onClick={() => onChoose(day)}
      >
        <span class="date">{Number(day.slice(8))}</span>
        <span class="figure">{figure}</span>
        <span class="of">{mark}</span>
      </button>
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
  return startOf(day).toLocaleDateString('en', how);
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
