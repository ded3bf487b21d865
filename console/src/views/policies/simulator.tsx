/** What a policy comes to in the year to come: what is left of each day, and what it takes. */
import '../../styles/legend.css';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import type { Input, Output } from '../../api/wire.ts';
import { AtField } from '../../parts/at-field.tsx';
import { Calendar, longDay } from '../../parts/calendar.tsx';
import type { Day } from '../../parts/days.ts';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { bytes } from '../../parts/format.ts';
import { Problem } from '../../parts/problem.tsx';
import { SourceField } from '../../parts/source-field.tsx';
import { Time } from '../../parts/time.tsx';
import { useRested } from '../../parts/use-rested.ts';
import { figureOf } from '../../parts/volume-figures.tsx';
import { common } from '../../text/common.ts';
import { simulatorText as text } from '../../text/policies.ts';
import { fieldOf } from './field-of.ts';

type Simulated = Output<'imago', 'SimulateBackups'>;
type SimulatedDay = Simulated['Days'][number];

const nothing = { data: undefined, error: null };

/** Of what makes backups and what removes them; nothing is asked for while `isSaid` is false. */
export function useSimulation(plan: Input<'imago', 'SimulateBackups'>, isSaid = true) {
  const [size, setSize] = useState('');
  const [change, setChange] = useState('');
  const [source, setSource] = useState('');
  const like = useRested(source.trim());
  const disk = {
    ...{ SizeGiB: figureOf(size), DailyChangeMiB: figureOf(change) },
    ...(like && { SourceId: like }),
  };
  const asking = { tables: [], enabled: isSaid };
  const found = useAction('imago', 'SimulateBackups', { ...plan, ...disk }, asking);
  const typed = { size, setSize, change, setChange, source, setSource };
  const { data, error } = isSaid ? found : nothing;
  return { data, isSaid, error, ...typed };
}

interface Props {
  simulation: ReturnType<typeof useSimulation>;
  means?: string;
  /** What is refused elsewhere on the page is not told here. */
  isElsewhere?(error: Error): boolean;
  /** What else may be said of it. */
  children?: ComponentChildren;
}

export function Simulator({ simulation, means = text.means, isElsewhere, children }: Props) {
  const { data, isSaid, error, size, setSize, change, setChange, source, setSource } = simulation;
  const [chosen, setChosen] = useState<Day>();
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{means}</p>
      {children}
      <AtField error={error} isAbout={fieldOf(error) === 'disk'}>
        <SourceField label={text.source} hint={text.sourceHint} value={source} onText={setSource} />
        <div class="figures">
          <Field
            label={text.size}
            hint={text.sizeHint}
            type="number"
            min={1}
            value={size}
            onText={setSize}
          />
          <Field
            label={text.change}
            hint={text.changeHint}
            type="number"
            min={0}
            value={change}
            onText={setChange}
          />
        </div>
      </AtField>
      {error && fieldOf(error) !== 'disk' && !isElsewhere?.(error) && <Problem error={error} />}
      {!isSaid && <p class="hint">{text.unsaid}</p>}
      {isSaid && !data && !error && <p class="loading">{common.loading}</p>}
      {data && <Year of={data} chosen={chosen} onChoose={setChosen} />}
    </section>
  );
}

interface YearProps {
  of: Simulated;
  chosen: Day | undefined;
  onChoose(day: Day): void;
}

function Year({ of, chosen, onChoose }: YearProps) {
  const byDay = new Map(of.Days.map((day) => [day.Date, day]));
  const days = [...byDay.keys()];
  const day = chosen && byDay.get(chosen);
  return (
    <>
      <Facts
        of={[
          [text.next, <Time key="next" at={of.NextTime} />],
          [text.left, of.Kept],
          [text.made, of.Made],
          [text.removed, of.Removed],
          [text.bytes, bytes(of.Bytes)],
          [text.most, text.mostOf(of.MostKept, bytes(of.MostBytes))],
          [text.disk, diskWords(of.Disk)],
        ]}
      />
      <Calendar
        label={text.calendar}
        days={days}
        today={days[0] ?? ''}
        chosen={chosen}
        show={(each) => shown(byDay.get(each))}
        onChoose={onChoose}
      />
      <Legend />
      <p class="hint" aria-live="polite">
        {chosen && day ? `${longDay(chosen)}: ${words(day)}.` : text.choose}
      </p>
    </>
  );
}

/** What the bytes are reckoned by, and from where that is. */
function diskWords({ SizeBytes, SizeFrom, ...change }: Simulated['Disk']): string {
  const { DailyChangeBytes, DailyChangeFrom, ComparedBackups = 0 } = change;
  const changed =
    DailyChangeFrom === 'backups' ? text.fromLast(ComparedBackups) : text.from[DailyChangeFrom];
  return text.inUse(bytes(SizeBytes), text.from[SizeFrom], bytes(DailyChangeBytes), changed);
}

type Look = keyof typeof text.looks;

function lookOf({ Made, Left }: SimulatedDay): Look | undefined {
  if (Made === 0) return undefined;
  return Left === 0 ? 'passing' : Left < Made ? 'partly' : 'whole';
}

function shown(day: SimulatedDay | undefined) {
  if (!day) return { look: 'ahead', title: text.day.outside };
  return {
    figure: day.Left > 0 ? String(day.Left) : undefined,
    look: lookOf(day),
    title: words(day),
  };
}

function words({ Made, Left, Removed, Archived, Kept, Bytes }: SimulatedDay): string {
  const happens = [
    Made > 0 && text.day.made(Made),
    Made > 0 && text.day.left(Left),
    Removed > 0 && text.day.removed(Removed),
    Archived > 0 && text.day.archived(Archived),
  ].filter(Boolean);
  const there = text.day.kept(Kept, bytes(Bytes));
  return [...(happens.length > 0 ? happens : [text.day.nothing]), there].join(', ');
}

function Legend() {
  return (
    <ul class="legend" aria-label={text.legend}>
      {Object.entries(text.looks).map(([look, name]) => (
        <li key={look}>
          <span class={`day ${look}`} aria-hidden="true">
            {look !== 'passing' && '1'}
          </span>
          {name}
        </li>
      ))}
    </ul>
  );
}

interface ForgetProps {
  /** Empty: none. */
  value: string;
  onChange(name: string): void;
}

/** Which of the policies that forget thins out besides; not shown where there is none. */
export function ForgetField({ value, onChange }: ForgetProps) {
  const asking = { tables: ['forgetPolicies'] } as const;
  const { data } = useAction('imago', 'DescribeForgetPolicies', {}, asking);
  if (!data || data.Policies.length === 0) return null;
  return (
    <label class="field">
      <span>{text.forgotten}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">{text.notForgotten}</option>
        {data.Policies.map(({ PolicyName }) => (
          <option key={PolicyName}>{PolicyName}</option>
        ))}
      </select>
    </label>
  );
}
