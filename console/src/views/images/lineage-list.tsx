/**
 * The images of a lineage as a list: what each takes, the digest of its manifest, and what speaks
 * against it, or against what it was made from.
 */
import { useAction } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import type { Output } from '../../api/wire.ts';
import { bytes } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Mark, State } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { lineageText as text } from '../../text/image.ts';

type Relative = Output<'imago', 'DescribeImageLineage'>['Images'][number];

export function LineageList({ id }: { id: string }) {
  const { client } = useSession();
  const asking = { tables: ['images', 'imageManifests'] } as const;
  const found = useAction('imago', 'DescribeImageLineage', { ImageId: id }, asking);
  const { data, error, refetch } = found;
  const own = data?.Images.find(({ ImageId }) => ImageId === id);
  return (
    <section class="card">
      <h2>{text.images}</h2>
      {own && own.InheritedWarnings.length > 0 && (
        <p role="status">
          <Mark tone="busy">{text.inherited}</Mark> {own.InheritedWarnings.join('; ')}
        </p>
      )}
      {data?.Truncated && <p>{text.isCut}</p>}
      <List
        caption={text.images}
        columns={columnsIn(client.region)}
        items={data?.Images}
        keyOf={({ ImageId }) => ImageId}
        empty={text.none}
        error={error}
        retry={() => void refetch()}
      />
    </section>
  );
}

/** What is in another region has no page in this one. */
const columnsIn = (region: string): Column<Relative>[] => [
  {
    title: text.columns.image,
    cell: ({ ImageId, Name, Region, State: state }) => (
      <>
        {Name} <State of={state} />
        <br />
        {Region === region ? <IdLink id={ImageId} /> : <code>{`${ImageId} · ${Region}`}</code>}
      </>
    ),
  },
  { title: text.columns.created, cell: ({ CreateDate }) => <Time at={CreateDate} /> },
  { title: text.columns.size, cell: (each) => `${each.VolumeSizeGiB} GiB`, isFigure: true },
  { title: text.columns.exclusive, cell: (each) => bytes(each.ExclusiveBytes), isFigure: true },
  {
    title: text.columns.digest,
    cell: ({ Sha256 }) => Sha256 && <code title={Sha256}>{Sha256.slice(0, 12)}</code>,
  },
  {
    title: text.columns.warnings,
    cell: ({ Warnings, InheritedWarnings }) => (
      <>
        {Warnings.map((warning) => (
          <p key={warning}>
            <Mark tone="bad">{warning}</Mark>
          </p>
        ))}
        {InheritedWarnings.map((warning) => (
          <p key={warning} class="hint">
            {text.ofParent(warning)}
          </p>
        ))}
      </>
    ),
  },
];
