/**
 * What a snapshot shares with the one of its volume before it and the one after, and what is other
 * in it: whatever it shares is stored once.
 */
import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { differenceOf } from '../../api/changed-blocks.ts';
import { useAction, useOptions } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { Field } from '../../parts/field.tsx';
import { bytes } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { List } from '../../parts/list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { snapshotChangesText as text } from '../../text/snapshots.ts';
import { neighboursOf } from './neighbours.ts';
import type { PartProps, Snapshot } from './snapshot.ts';

/** Among so many of the volume its neighbours are looked for. */
const snapshotsMax = 1000;
const tables = ['snapshots'] as const;

export function SnapshotChanges({ snapshot }: PartProps) {
  const Filters = [
    { Name: 'volume-id', Values: [snapshot.VolumeId ?? ''] },
    { Name: 'status', Values: ['completed'] },
  ];
  const input = { OwnerIds: ['self'], Filters, MaxResults: snapshotsMax };
  const isKnown = snapshot.State === 'completed' && snapshot.StorageTier !== 'archive';
  const found = useAction('ec2', 'DescribeSnapshots', input, { tables, enabled: isKnown });
  const [other, setOther] = useState('');
  if (!isKnown) return null;
  const { before, after } = neighboursOf(snapshot, found.data?.Snapshots ?? []);
  const chosen = { SnapshotId: other };
  const pairs = [
    ...(before ? [{ how: text.before, other: before, from: before, to: snapshot }] : []),
    ...(after ? [{ how: text.after, other: after, from: snapshot, to: after }] : []),
    ...(other ? [{ how: text.another, other: chosen, from: chosen, to: snapshot }] : []),
  ];
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {found.error && <Problem error={found.error} retry={found.refetch} />}
      <List
        caption={text.title}
        items={found.data && pairs}
        keyOf={({ how, other: { SnapshotId } }) => `${how} ${SnapshotId}`}
        columns={[
          { title: text.columns.which, cell: ({ how }) => how },
          { title: text.columns.snapshot, cell: ({ other }) => <IdLink id={other.SnapshotId} /> },
          {
            title: text.columns.same,
            cell: (pair) => <Shared of={pair} />,
          },
          {
            title: text.columns.changed,
            cell: (pair) => <Changed of={pair} />,
          },
        ]}
        empty={text.none}
      />
      <Another onChoose={setOther} />
    </section>
  );
}

/** Any that one may read, be they of one volume or not. */
function Another({ onChoose }: { onChoose(id: string): void }) {
  const [id, setId] = useState('');
  const choose = (event: Event) => {
    event.preventDefault();
    onChoose(id.trim());
  };
  return (
    <form class="another" onSubmit={choose}>
      <Field
        label={text.compareWith}
        placeholder="snap-…"
        pattern="\s*snap-[0-9a-f]+\s*"
        required
        value={id}
        onText={setId}
      />
      <button type="submit">{text.compare}</button>
    </form>
  );
}

interface Pair {
  from: Snapshot;
  to: Snapshot;
}

function useDifference({ from, to }: Pair) {
  const { client, scope } = useSession();
  const ids = { before: from.SnapshotId ?? '', after: to.SnapshotId ?? '' };
  return useQuery({
    queryKey: [scope, 'difference', ids],
    queryFn: ({ signal }) => differenceOf(client, ids, signal),
    // Completed snapshots stay as they are.
    ...useOptions({ tables: [] }),
  });
}

function Shared({ of: pair }: { of: Pair }) {
  const { data } = useDifference(pair);
  if (!data) return <span>…</span>;
  const { added, changed, blockBytes, isCut } = data;
  const { FullSnapshotSizeInBytes: full = 0 } = pair.to;
  const shared = Math.max(0, full - (added + changed) * blockBytes);
  return <span>{isCut ? text.atMost(bytes(shared)) : bytes(shared)}</span>;
}

function Changed({ of: pair }: { of: Pair }) {
  const { data, error } = useDifference(pair);
  if (error) return <span>{error.message}</span>;
  if (!data) return <span>…</span>;
  const { changed, added, removed, blockBytes, isCut } = data;
  const blocks = changed + added;
  return (
    <span>
      {text.blocks(blocks, bytes(blocks * blockBytes), isCut)}
      {removed > 0 && `, ${text.removed(removed)}`}
    </span>
  );
}
