/**
 * The backups of one machine or volume: a year as a calendar, and those of the day that is chosen
 * (`?day=`). The year ends today, or with the day that the address says (`?until=`).
 */
import '../../styles/legend.css';
import { useEffect, useState } from 'preact/hooks';
import { useAction, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { Calendar, longDay } from '../../parts/calendar.tsx';
import { type Day, dayOf, endOf, plusDays, startOf, yearUntil } from '../../parts/days.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { Mark, State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { nameOf } from '../../parts/tags.tsx';
import { ask, href, type Route } from '../../route.ts';
import { backupsText, sourceText as text } from '../../text/backups.ts';
import { common } from '../../text/common.ts';
import { CaptureDialog } from '../instances/capture-dialog.tsx';
import { SnapshotDialog } from '../volumes/volume-dialogs.tsx';
import { type Backup, type DayFigures, figuresByDay, lookOf } from './backup.ts';
import { DayBackups } from './day-backups.tsx';
import { ForgetDialog } from './forget-dialog.tsx';
import { GoesNext } from './goes-next.tsx';
import { useFates } from './use-fates.ts';
import { WayBack } from './way-back.tsx';

const dayForm = /^\d{4}-\d\d-\d\d$/;

export function SourceView({ id, route }: { id: string; route: Route }) {
  const [isForgotten, setIsForgotten] = useState(false);
  const today = dayOf(new Date());
  const dayIn = (name: string) => dayForm.exec(route.query.get(name) ?? '')?.[0];
  const days = yearUntil(dayIn('until') ?? today);
  const [first = today] = days;
  const last = days.at(-1) ?? today;
  const found = useBackupsBetween(id, first, last);
  const fates = useFates(id);
  const source = useSource(id);
  const chosen = dayIn('day');
  const figures = figuresByDay(found.backups);
  const show = (day: Day) => shown(figures.get(day), day > today);
  return (
    <>
      <p class="back">
        <a href={href(['backups'])}>{text.back}</a>
      </p>
      <Header id={id} source={source} onForget={() => setIsForgotten(true)} />
      <WayBack id={id} backups={fates.backups} />
      <section class="card">
        <header class="view">
          <h2>{text.span(longDay(first), longDay(last))}</h2>
          <span class="actions">
            <button type="button" onClick={() => ask(route, { until: plusDays(first, -1) })}>
              {text.earlier}
            </button>
            {last < today && (
              <button type="button" onClick={() => ask(route, { until: yearAfter(last, today) })}>
                {text.later}
              </button>
            )}
          </span>
        </header>
        {found.error && <Problem error={found.error} retry={found.refetch} />}
        <Calendar
          label={text.calendar}
          days={days}
          today={today}
          chosen={chosen}
          newestFirst
          show={show}
          onChoose={(day) => ask(route, { day })}
        />
        <Legend />
        <p class="hint" role="status">
          {found.isLoading && common.loading}
          {!found.isLoading && !found.error && found.backups.length === 0 && text.none}
          {found.more && text.partly(found.backups.length)}
        </p>
        {found.more && (
          <button type="button" class="more" onClick={found.more}>
            {text.more}
          </button>
        )}
      </section>
      <DayBackups
        day={chosen}
        backups={found.backups.filter(({ CreateTime }) => dayOf(CreateTime) === chosen)}
        fates={fates}
      />
      <GoesNext id={id} isGone={source.isGone} tags={source.tags} of={fates} />
      {isForgotten && <ForgetDialog id={id} onClose={() => setIsForgotten(false)} />}
    </>
  );
}

const yearAfter = (last: Day, today: Day) => {
  const next = plusDays(last, 53 * 7);
  return next < today ? next : undefined;
};

const pageSize = 1000;
/** More are asked for by hand: a year of backups by the hour has nine. */
const pagesByItself = 3;

function useBackupsBetween(SourceId: string, first: Day, last: Day) {
  const input = {
    SourceId,
    Since: startOf(first).toISOString(),
    Until: endOf(last).toISOString(),
  };
  const found = usePages('imago', 'ListBackups', input, {
    tables: ['images', 'snapshots'],
    pageSize,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const pages = data?.pages ?? [];
  const isAlone = pages.length < pagesByItself;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && isAlone) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isAlone]);
  return {
    backups: pages.flatMap(({ Backups }): Backup[] => Backups),
    error: found.error,
    refetch: () => void found.refetch(),
    isLoading: !data && !found.error,
    more: hasNextPage && !isAlone && !isFetchingNextPage ? () => void fetchNextPage() : undefined,
  };
}

type Instance = NonNullable<
  NonNullable<Output<'ec2', 'DescribeInstances'>['Reservations']>[number]['Instances']
>[number];

/** What it is, as far as it is still there. */
function useSource(id: string) {
  const isVolume = id.startsWith('vol-');
  const Filters = [{ Name: isVolume ? 'volume-id' : 'instance-id', Values: [id] }];
  const ofVolume = { tables: ['volumes'], enabled: isVolume } as const;
  const volumes = useAction('ec2', 'DescribeVolumes', { Filters }, ofVolume);
  const ofInstance = { tables: ['instances'], enabled: !isVolume } as const;
  const instances = useAction('ec2', 'DescribeInstances', { Filters }, ofInstance);
  const volume = isVolume ? volumes.data?.Volumes?.[0] : undefined;
  const instance = isVolume ? undefined : instances.data?.Reservations?.[0]?.Instances?.[0];
  const isKnown = (isVolume ? volumes : instances).data !== undefined;
  const isGone = isKnown && !volume && !isLiving(instance);
  const tags = (volume ?? instance)?.Tags ?? [];
  return { volume, instance, isKnown, isGone, tags };
}

interface HeaderProps {
  id: string;
  source: ReturnType<typeof useSource>;
  onForget(): void;
}

function Header({ id, source, onForget }: HeaderProps) {
  const { volume, instance, isKnown, isGone, tags } = source;
  const [isTaken, setIsTaken] = useState(false);
  const close = () => setIsTaken(false);
  return (
    <header class="view">
      <h1>
        {text.title(nameOf(tags) || id)}{' '}
        {isGone ? (
          <Mark>{backupsText.gone}</Mark>
        ) : (
          <State of={volume?.State ?? instance?.State?.Name} />
        )}
      </h1>
      <IdLink id={id} />
      <ActionButton
        kind="main"
        because={(isGone || !isKnown) && text.cannotTake}
        onClick={() => setIsTaken(true)}
      >
        {text.take}
      </ActionButton>
      <a class="button" href={href(['backups', 'restore'], { source: id })}>
        {text.restore}
      </a>
      <a class="button" href={href(['drills', id])}>
        {text.drills}
      </a>
      <button type="button" onClick={onForget}>
        {text.forget}
      </button>
      {isTaken && volume && <SnapshotDialog volume={volume} onClose={close} />}
      {isTaken && instance && <CaptureDialog instance={instance} onClose={close} />}
    </header>
  );
}

const isLiving = (instance: Instance | undefined) =>
  instance !== undefined && instance.State?.Name !== 'terminated';

function shown(figures: DayFigures | undefined, isAhead: boolean) {
  if (!figures) return { look: isAhead ? 'ahead' : undefined, title: text.nothing };
  const { made, settled, pending, failed, drill } = figures;
  const words = [
    text.made(made),
    settled > 0 && text.settled(settled),
    pending > 0 && text.pending(pending),
    failed > 0 && text.failed(failed),
    drill && text.drilled[drill],
  ];
  return {
    figure: made > 99 ? '99' : String(made),
    mark: drill && marks[drill],
    look: lookOf(figures),
    title: words.filter(Boolean).join(', '),
  };
}

const marks = { passed: '✓', failed: '✗' } as const;

function Legend() {
  return (
    <ul class="legend" aria-label={text.legend}>
      {Object.entries(text.looks).map(([look, words]) => (
        <li key={look}>
          <span class={`day ${look}`} aria-hidden="true">
            3
          </span>
          {words}
        </li>
      ))}
      {Object.entries(marks).map(([verdict, mark]) => (
        <li key={verdict}>
          <b aria-hidden="true">{mark}</b> {text.marks[verdict as keyof typeof marks]}
        </li>
      ))}
      <li>
        <span class="day today" aria-hidden="true" />
        {text.today}
      </li>
    </ul>
  );
}
