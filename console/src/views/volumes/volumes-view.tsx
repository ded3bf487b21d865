/**
 * Volumes: what they belong to, and what they were made from; of one (`#/volumes/vol-…`) also what
 * goes with it.
 */
import { useState } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { CreateVolumeDialog } from '../../parts/create-volume.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import type { Column } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { nameOf } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { ask, go, href, type Route } from '../../route.ts';
import { volumesText as text } from '../../text/volumes.ts';
import { CopyDialog } from './copy-volume.tsx';
import {
  AttachDialog,
  DeleteDialog,
  DetachDialog,
  ModifyDialog,
  SnapshotDialog,
} from './volume-dialogs.tsx';
import { type Volume, VolumeParts } from './volume-parts.tsx';

export function VolumesView({ route }: { route: Route }) {
  const [, id] = route.path;
  const search = id ?? route.query.get('q') ?? '';
  const input = search ? { Filters: filtersOf(search) } : {};
  const found = usePages('ec2', 'DescribeVolumes', input, { tables: ['volumes'] });
  const [isMaking, setIsMaking] = useState(false);
  const [chosen, setChosen] = useState<{ dialog: DialogName; volume: Volume }>();
  const volume = found.data?.pages[0]?.Volumes?.[0];
  const columns = [...shown, actions((dialog, one) => setChosen({ dialog, volume: one }))];
  const Chosen = chosen && dialogs[chosen.dialog];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <SearchField
          label={text.search}
          value={search}
          onSearch={(q) => (id ? go(href(['volumes'], { q })) : ask(route, { q }))}
        />
        <button type="button" class="main" onClick={() => setIsMaking(true)}>
          {text.make}
        </button>
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
      {isMaking && <CreateVolumeDialog onClose={() => setIsMaking(false)} />}
      {Chosen && <Chosen volume={chosen.volume} onClose={() => setChosen(undefined)} />}
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
  {
    title: text.columns.size,
    cell: ({ Size, VolumeType }) => `${Size}\u00a0GiB ${VolumeType}`,
  },
  {
    title: text.columns.attached,
    cell: ({ Attachments = [] }) =>
      Attachments.map(({ InstanceId, Device, State: state }) => (
        <span key={InstanceId}>
          <IdLink id={InstanceId} /> <code>{Device}</code>{' '}
          {state !== 'attached' && <State of={state} />}
        </span>
      )),
  },
  {
    title: text.columns.made,
    cell: ({ SnapshotId, SourceVolumeId, CreateTime }) => {
      const source = SnapshotId || SourceVolumeId;
      return (
        <>
          {source && <IdLink id={source} />} <Time at={CreateTime} />
        </>
      );
    },
  },
  { title: text.columns.state, cell: ({ State: state }) => <State of={state} /> },
];

type DialogName = keyof typeof dialogs;
type Choose = (dialog: DialogName, volume: Volume) => void;

const dialogs = {
  attach: AttachDialog,
  detach: DetachDialog,
  modify: ModifyDialog,
  capture: SnapshotDialog,
  copy: CopyDialog,
  remove: DeleteDialog,
};

const actions = (choose: Choose): Column<Volume> => ({
  title: text.columns.actions,
  cell: (volume) => {
    const { State: state = '', Attachments: [attachment] = [] } = volume;
    const isUsable = state === 'in-use' || state === 'available';
    const notNow = !isUsable && text.notNow(state);
    return (
      <span class="actions">
        {attachment ? (
          <ActionButton
            because={attachment.State !== 'attached' && text.detach.isLeaving}
            onClick={() => choose('detach', volume)}
          >
            {text.detach.open}
          </ActionButton>
        ) : (
          <ActionButton
            because={state !== 'available' && text.notNow(state)}
            onClick={() => choose('attach', volume)}
          >
            {text.attach.open}
          </ActionButton>
        )}
        <ActionButton because={notNow} onClick={() => choose('modify', volume)}>
          {text.modify.open}
        </ActionButton>
        <ActionButton because={notNow} onClick={() => choose('capture', volume)}>
          {text.snapshot}
        </ActionButton>
        <ActionButton because={notNow} onClick={() => choose('copy', volume)}>
          {text.copy.open}
        </ActionButton>
        <ActionButton
          because={attachment && text.isAttached}
          onClick={() => choose('remove', volume)}
        >
          {text.delete}
        </ActionButton>
      </span>
    );
  },
});
