/** Snapshots: own ones or those that others share, or one of them (`#/snapshots/snap-…`). */
import { useState } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import { CrashMark } from '../../parts/consistency.tsx';
import { bytes } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { ImportHere } from '../../parts/import-here.tsx';
import type { Column } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { nameOf } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { ask, href, type Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { instanceSnapshotsText, snapshotsText as text } from '../../text/snapshots.ts';
import { InstanceSnapshotsDialog } from './instance-snapshots-dialog.tsx';
import type { Snapshot } from './snapshot.ts';

const SnapshotView = later(() => import('./snapshot-view.tsx'), 'SnapshotView');

const kinds = ['mine', 'shared'] as const;

export function SnapshotsView({ route }: { route: Route }) {
  return route.path.length > 1 ? <SnapshotView route={route} /> : <SnapshotsList route={route} />;
}

function SnapshotsList({ route }: { route: Route }) {
  const kind = currentTab(route, kinds);
  const search = route.query.get('q') ?? '';
  const [isTaken, setIsTaken] = useState(false);
  const input = {
    ...(kind === 'mine' ? { OwnerIds: ['self'] } : { RestorableByUserIds: ['self'] }),
    ...(search && { Filters: filtersOf(search) }),
  };
  const found = usePages('ec2', 'DescribeSnapshots', input, { tables: ['snapshots'] });
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <SearchField
          label={text.search}
          value={search}
          onSearch={(q) => ask(route, { tab: kind, q })}
        />
        <button type="button" onClick={() => setIsTaken(true)}>
          {instanceSnapshotsText.ask}
        </button>
        <ImportHere makes="snapshot" />
      </header>
      <Tabs text={text} path={['snapshots']} names={kinds} query={{ q: search }} current={kind} />
      <PagedList
        caption={text.tabs[kind]}
        found={found}
        itemsOf={({ Snapshots }) => Snapshots}
        columns={columns}
        keyOf={({ SnapshotId = '' }) => SnapshotId}
        empty={search ? text.noMatch(search) : text.empty[kind]}
      />
      {isTaken && <InstanceSnapshotsDialog onClose={() => setIsTaken(false)} />}
    </>
  );
}

function filtersOf(text: string) {
  if (/^snap-[0-9a-f]+$/.test(text)) return [{ Name: 'snapshot-id', Values: [text] }];
  if (/^vol-[0-9a-f]+$/.test(text)) return [{ Name: 'volume-id', Values: [text] }];
  return [{ Name: 'description', Values: [`*${text}*`] }];
}

const columns: Column<Snapshot>[] = [
  {
    title: text.columns.id,
    cell: ({ SnapshotId = '', Tags }) => (
      <a href={href(['snapshots', SnapshotId])}>
        <code>{SnapshotId}</code> {nameOf(Tags)}
      </a>
    ),
  },
  { title: text.columns.description, cell: ({ Description }) => Description },
  { title: text.columns.volume, cell: ({ VolumeId }) => <IdLink id={VolumeId} /> },
  { title: text.columns.size, cell: ({ VolumeSize }) => `${VolumeSize} GiB`, isFigure: true },
  {
    title: text.columns.full,
    cell: ({ FullSnapshotSizeInBytes }) => bytes(FullSnapshotSizeInBytes),
    isFigure: true,
  },
  { title: text.columns.created, cell: ({ StartTime }) => <Time at={StartTime} /> },
  {
    title: text.columns.state,
    cell: (snapshot) => (
      <>
        <State of={snapshot.State} /> {snapshot.State === 'pending' && snapshot.Progress}
        <CrashMark of={snapshot} />
      </>
    ),
  },
];
