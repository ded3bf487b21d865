/**
 * Which backups of a source go next, when and why: by its policies of dlm, by those that forget, and
 * by the lifecycles of vaults. Copies in other regions are told where they are.
 */
import { useActions, usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { goesNextText as text } from '../../text/backups.ts';
import { goingNext } from './fates.ts';
import type { Fates } from './use-fates.ts';

interface Props {
  id: string;
  isGone: boolean;
  tags: readonly { Key?: string; Value?: string }[];
  of: Fates;
}

interface Row {
  id: string;
  made: string;
  at: string | undefined;
  why: string;
}

const shownMax = 5;

export function GoesNext({ id, isGone, tags, of }: Props) {
  const { items, error, refetch, backups, more } = of;
  const rows = soonest([...useByPolicies(of, isGone), ...useForgotten(id, tags), ...byVaults(of)]);
  if (items && backups.length === 0) return null;
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      <List
        caption={text.title}
        items={items && rows.slice(0, shownMax)}
        error={error}
        retry={refetch}
        keyOf={(row) => row.id}
        columns={columns}
        empty={text.nothing}
      />
      {rows.length > shownMax && <p class="hint">{text.andMore(rows.length - shownMax)}</p>}
      {more && <p class="hint">{text.partly(backups.length)}</p>}
    </section>
  );
}

const columns: Column<Row>[] = [
  { title: text.columns.backup, cell: ({ id }) => <IdLink id={id} /> },
  { title: text.columns.made, cell: ({ made }) => <Time at={made} />, isShort: true },
  { title: text.columns.goes, cell: ({ at }) => <Time at={at} exact /> },
  { title: text.columns.why, cell: ({ why }) => why },
];

/** Each once, by what takes it first. */
function soonest(rows: readonly Row[]): Row[] {
  const inOrder = rows.toSorted((one, other) => ((one.at ?? '~') < (other.at ?? '~') ? -1 : 1));
  const first = new Map<string, Row>();
  for (const row of inOrder) if (!first.has(row.id)) first.set(row.id, row);
  return [...first.values()];
}

/** When a schedule makes its next is asked of the simulation, of that schedule alone. */
function useByPolicies({ backups, fates, policies }: Fates, isGone: boolean): Row[] {
  const schedules = [...policies].flatMap(([id, { PolicyDetails: details, State: state }]) =>
    state === 'ENABLED' && !isGone
      ? (details?.Schedules ?? []).map((schedule) => ({ id, details, schedule }))
      : [],
  );
  const asked = schedules.map(({ details, schedule }) => ({
    ...{ PolicyDetails: { ...details, Schedules: [schedule] }, Days: 1 },
  }));
  const answers = useActions('imago', 'SimulateBackups', asked, { tables: ['backupPolicies'] });
  const next = new Map(
    schedules.map(({ id, schedule }, index) => [
      `${id} ${schedule.Name}`,
      answers[index]?.NextTime,
    ]),
  );
  const going = goingNext(backups, fates, (id, schedule) => next.get(`${id} ${schedule}`));
  return going.flatMap(({ backup, fate, at }) => {
    const { BackupId: id, CreateTime: made } = backup;
    const { schedule = '', newest, keptBy = [] } = fate;
    if (newest !== undefined) {
      // Of what is gone, or is the policy's no more, none is made.
      if (isGone && keptBy.length > 0) return [];
      const why = keptBy.length > 0 ? text.byCount : text.overdue;
      return [{ id, made, at, why: why(keptBy.join(', ') || schedule, newest) }];
    }
    return [{ id, made, at, why: schedule ? text.byAge(schedule) : text.byDefault }];
  });
}

function useForgotten(id: string, tags: Props['tags']): Row[] {
  const asking = { tables: ['forgetPolicies'] } as const;
  const found = usePages('imago', 'DescribeForgetPolicies', {}, asking);
  const policies = (found.data?.pages.flatMap(({ Policies }) => Policies) ?? []).filter(
    ({ Enabled, SourceIds = [], TargetTags = [] }) =>
      Enabled &&
      (SourceIds.includes(id) ||
        TargetTags.some(({ Key, Value }) =>
          tags.some((tag) => tag.Key === Key && tag.Value === Value),
        )),
  );
  const asked = policies.map(({ PolicyName }) => ({ SourceId: id, PolicyName, Preview: true }));
  const answers = useActions('imago', 'ForgetBackups', asked, {
    tables: ['images', 'snapshots', 'forgetPolicies'],
  });
  return policies.flatMap(({ PolicyName, NextRunTime: at }, index) =>
    (answers[index]?.Backups ?? [])
      .filter(({ Fate }) => Fate === 'removed')
      .map(({ BackupId, CreateTime: made }) => ({
        ...{ id: BackupId, made, at, why: text.byForget(PolicyName) },
      })),
  );
}

function byVaults({ backups, points }: Fates): Row[] {
  return backups.flatMap(({ BackupId: id, CreateTime: made }) => {
    const { vault = '', deleteAt: at } = points.get(id) ?? {};
    return at ? [{ id, made, at, why: text.byVault(vault) }] : [];
  });
}
