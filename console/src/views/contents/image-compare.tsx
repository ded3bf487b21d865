/** In what an image differs from another, which the address names (`with=ami-…`). */
import { useState } from 'preact/hooks';
import '../../styles/contents.css';
import { useAction, usePages } from '../../api/queries.ts';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { ask, href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { differencesText as text } from '../../text/contents.ts';
import type { PartProps } from '../images/kinds.ts';
import { fileColumns, keyOfFile, PackageChanges } from './differences.tsx';

type Props = PartProps & { route: Route };

export function ImageCompare({ image: { ImageId = '' }, route }: Props) {
  const other = route.query.get('with') ?? '';
  return (
    <>
      <section class="card">
        <h2>{text.title}</h2>
        <p class="hint">{text.hint}</p>
        <Choice id={ImageId} other={other} choose={(id) => ask(route, { with: id })} />
        {other && (
          <p>
            <IdLink id={ImageId} /> → <IdLink id={other} />{' '}
            <a href={href(['images', other], { tab: 'compare', with: ImageId })}>{text.swap}</a>
          </p>
        )}
      </section>
      {other && <Differences key={`${ImageId} ${other}`} id={ImageId} other={other} />}
    </>
  );
}

interface ChoiceProps {
  id: string;
  other: string;
  choose(id: string): void;
}

function Choice({ id, other, choose }: ChoiceProps) {
  const [typed, setTyped] = useState(other);
  const own = useAction(
    'ec2',
    'DescribeImages',
    { Owners: ['self'], MaxResults: 50 },
    {
      tables: ['images'],
    },
  );
  const others = (own.data?.Images ?? []).filter(({ ImageId }) => ImageId !== id);
  return (
    <form
      class="another"
      onSubmit={(event) => {
        event.preventDefault();
        choose(typed.trim());
      }}
    >
      <Field label={text.with} hint={text.withHint} value={typed} onText={setTyped} required />
      {others.length > 0 && (
        <label class="field">
          <span>{text.choose}</span>
          <select
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value || typed)}
          >
            <option value="">{common.choose}</option>
            {others.map(({ ImageId, Name }) => (
              <option key={ImageId} value={ImageId}>
                {`${Name} · ${ImageId}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="submit" class="main">
        {text.compare}
      </button>
    </form>
  );
}

function Differences({ id, other }: { id: string; other: string }) {
  const input = { ImageId: id, OtherImageId: other };
  const found = usePages('imago', 'DiffImages', input, { tables: [], pageSize: 200 });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  const [first] = found.data?.pages ?? [];
  if (!first) {
    return (
      <p class="loading" role="status">
        {common.loading}
      </p>
    );
  }
  if (first.Same) {
    return (
      <p class="card" role="status">
        {text.same}
      </p>
    );
  }
  return (
    <>
      <PackageChanges changes={first.Packages} />
      <section class="card">
        <h2>{text.files}</h2>
        <PagedList
          caption={text.files}
          found={found}
          itemsOf={({ Files }) => Files}
          columns={fileColumns}
          keyOf={keyOfFile}
          empty={text.noFiles}
        />
      </section>
    </>
  );
}
