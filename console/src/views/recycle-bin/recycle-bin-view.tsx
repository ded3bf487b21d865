/** What was deleted and can come back: images, snapshots and volumes; and the rules for that. */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import type { Column } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href, type Route } from '../../route.ts';
import { recycleBinText as text } from '../../text/recycle-bin.ts';
import { Rules } from './rules.tsx';

const tabs = ['images', 'snapshots', 'volumes', 'rules'] as const;

export function RecycleBinView({ route }: { route: Route }) {
  const current = currentTab(route, tabs);
  const Content = { images: Images, snapshots: Snapshots, volumes: Volumes, rules: Rules }[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <p class="hint">{text.means}</p>
      <Tabs text={text} path={['recycle-bin']} names={tabs} current={current} />
      <Content />
    </>
  );
}

/** Each kind of thing has one of the ids. */
interface Kept {
  ImageId?: string;
  SnapshotId?: string;
  VolumeId?: string;
  Name?: string;
  RecycleBinEnterTime?: string;
  RecycleBinExitTime?: string;
}

const idOf = ({ ImageId, SnapshotId, VolumeId }: Kept) => ImageId ?? SnapshotId ?? VolumeId ?? '';

const columnsFor = (restore: (id: string) => Promise<unknown>, place: string): Column<Kept>[] => [
  { title: text.columns.id, cell: (item) => <code>{idOf(item)}</code> },
  { title: text.columns.since, cell: ({ RecycleBinEnterTime: at }) => <Time at={at} /> },
  { title: text.columns.until, cell: ({ RecycleBinExitTime: at }) => <Time at={at} /> },
  {
    title: text.columns.restore,
    cell: (item) => <Restore id={idOf(item)} restore={restore} place={place} />,
  },
];

interface RestoreProps {
  id: string;
  restore(id: string): Promise<unknown>;
  place: string;
}

function Restore({ id, restore, place }: RestoreProps) {
  const [error, setError] = useState<unknown>();
  const run = () => restore(id).then(() => go(href([place, id])), setError);
  return (
    <>
      <button type="button" aria-label={text.restoreOne(id)} onClick={run}>
        {text.restore}
      </button>
      {error !== undefined && <Problem error={error} />}
    </>
  );
}

function Images() {
  const found = usePages(
    'ec2',
    'ListImagesInRecycleBin',
    {},
    {
      tables: ['formerImages', 'images'],
    },
  );
  const restore = useChange('ec2', 'RestoreImageFromRecycleBin');
  return (
    <PagedList
      caption={text.tabs.images}
      found={found}
      itemsOf={({ Images: images }): Kept[] | undefined => images}
      keyOf={idOf}
      columns={[
        { title: text.columns.name, cell: ({ Name }) => Name },
        ...columnsFor((ImageId) => restore.mutateAsync({ ImageId }), 'images'),
      ]}
      empty={text.empty}
    />
  );
}

function Snapshots() {
  const found = usePages(
    'ec2',
    'ListSnapshotsInRecycleBin',
    {},
    {
      tables: ['recycledSnapshots', 'snapshots'],
    },
  );
  const restore = useChange('ec2', 'RestoreSnapshotFromRecycleBin');
  return (
    <PagedList
      caption={text.tabs.snapshots}
      found={found}
      itemsOf={({ Snapshots: snapshots }): Kept[] | undefined => snapshots}
      keyOf={idOf}
      columns={columnsFor((SnapshotId) => restore.mutateAsync({ SnapshotId }), 'snapshots')}
      empty={text.empty}
    />
  );
}

function Volumes() {
  const found = usePages(
    'ec2',
    'ListVolumesInRecycleBin',
    {},
    {
      tables: ['recycledVolumes', 'volumes'],
    },
  );
  const restore = useChange('ec2', 'RestoreVolumeFromRecycleBin');
  return (
    <PagedList
      caption={text.tabs.volumes}
      found={found}
      itemsOf={({ Volumes: volumes }): Kept[] | undefined => volumes}
      keyOf={idOf}
      columns={columnsFor((VolumeId) => restore.mutateAsync({ VolumeId }), 'volumes')}
      empty={text.empty}
    />
  );
}
