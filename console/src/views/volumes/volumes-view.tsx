/**
 * Volumes: what they belong to, and what they were made from; of one (`#/volumes/vol-…`) also what
 * goes with it.
 */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import type { Column } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { nameOf } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { ask, go, href, type Route } from '../../route.ts';
import { volumesText as text } from '../../text/volumes.ts';
import { type Volume, VolumeParts } from './volume-parts.tsx';

export function VolumesView({ route }: { route: Route }) {
  const [, id] = route.path;
  const search = id ?? route.query.get('q') ?? '';
  const input = search ? { Filters: filtersOf(search) } : {};
  const found = usePages('ec2', 'DescribeVolumes', input, { tables: ['volumes'] });
  const [captured, setCaptured] = useState<string>();
  const [deleted, setDeleted] = useState<string>();
  const volume = found.data?.pages[0]?.Volumes?.[0];
  const columns = [...shown, actions(setCaptured, setDeleted)];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <SearchField
          label={text.search}
          value={search}
          onSearch={(q) => (id ? go(href(['volumes'], { q })) : ask(route, { q }))}
        />
      </header>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ Volumes }) => Volumes}
        columns={columns}
        keyOf={({ VolumeId = '' }) => VolumeId}
        empty={search ? text.noMatch(search) : text.empty}
      />
      {id && volume && <VolumeParts volume={volume} />}
      {captured && <SnapshotDialog id={captured} onClose={() => setCaptured(undefined)} />}
      {deleted && <DeleteDialog id={deleted} onClose={() => setDeleted(undefined)} />}
    </>
  );
}

function filtersOf(text: string) {
  if (/^vol-[0-9a-f]+$/.test(text)) return [{ Name: 'volume-id', Values: [text] }];
  if (/^i-[0-9a-f]+$/.test(text)) return [{ Name: 'attachment.instance-id', Values: [text] }];
  if (/^snap-[0-9a-f]+$/.test(text)) return [{ Name: 'snapshot-id', Values: [text] }];
  return [{ Name: 'tag:Name', Values: [`*${text}*`] }];
}

const shown: Column<Volume>[] = [
  {
    title: text.columns.id,
    cell: ({ VolumeId, Tags }) => (
      <>
        <IdLink id={VolumeId} /> {nameOf(Tags)}
      </>
    ),
  },
  { title: text.columns.size, cell: ({ Size }) => `${Size} GiB`, isFigure: true },
  { title: text.columns.type, cell: ({ VolumeType }) => VolumeType },
  {
    title: text.columns.attached,
    cell: ({ Attachments = [] }) =>
      Attachments.map(({ InstanceId, Device }) => (
        <span key={InstanceId}>
          <IdLink id={InstanceId} /> <code>{Device}</code>
        </span>
      )),
  },
  { title: text.columns.snapshot, cell: ({ SnapshotId }) => <IdLink id={SnapshotId} /> },
  { title: text.columns.created, cell: ({ CreateTime }) => <Time at={CreateTime} /> },
  { title: text.columns.state, cell: ({ State: state }) => <State of={state} /> },
];

type Choose = (id: string | undefined) => void;

const actions = (capture: Choose, remove: Choose): Column<Volume> => ({
  title: text.columns.actions,
  cell: ({ VolumeId, State: state, Attachments = [] }) => (
    <span class="actions">
      <ActionButton
        because={state !== 'in-use' && state !== 'available' && text.notNow(state ?? '')}
        onClick={() => capture(VolumeId)}
      >
        {text.snapshot}
      </ActionButton>
      <ActionButton
        because={Attachments.length > 0 && text.isAttached}
        onClick={() => remove(VolumeId)}
      >
        {text.delete}
      </ActionButton>
    </span>
  ),
});

interface DialogProps {
  id: string;
  onClose(): void;
}

function SnapshotDialog({ id, onClose }: DialogProps) {
  const [Description, setDescription] = useState('');
  const create = useChange('ec2', 'CreateSnapshot');
  const run = async () => {
    const { SnapshotId = '' } = await create.mutateAsync({
      VolumeId: id,
      Description: Description || undefined,
    });
    go(href(['snapshots', SnapshotId]));
  };
  return (
    <ActionDialog title={text.snapshotOf(id)} action={text.take} run={run} onClose={onClose}>
      <Field label={text.description} value={Description} onText={setDescription} maxLength={255} />
    </ActionDialog>
  );
}

function DeleteDialog({ id, onClose }: DialogProps) {
  const remove = useChange('ec2', 'DeleteVolume');
  return (
    <ActionDialog
      title={text.deleteTitle(id)}
      action={text.deleteNow}
      isDangerous
      run={() => remove.mutateAsync({ VolumeId: id })}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}
