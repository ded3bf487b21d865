/** The packages that are installed in an image, found as one types. */
import { useEffect } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { bytes } from '../../parts/format.ts';
import { type Column, List } from '../../parts/list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { ask, type Route } from '../../route.ts';
import { packagesText as text } from '../../text/contents.ts';
import type { PartProps } from '../images/kinds.ts';
import { visibleLine } from './visible.ts';

type Package = Output<'imago', 'DescribeImagePackages'>['Packages'][number];

/** As many as the server answers at once; a system has some thousands at most. */
const pageSize = 1000;

export function ImagePackages({ image: { ImageId = '' }, route }: PartProps & { route: Route }) {
  const asking = { tables: [], pageSize };
  const found = usePages('imago', 'DescribeImagePackages', { ImageId }, asking);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  // Only of all of them can be said which match.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !error) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, error]);
  const search = route.query.get('q') ?? '';
  const all = hasNextPage ? undefined : data?.pages.flatMap(({ Packages }) => Packages);
  const shown = all?.filter((each) => matches(each, search.toLowerCase()));
  const system = data?.pages[0]?.System ?? '';
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.hint}</p>
      <div class="chosen">
        <SearchField label={text.search} value={search} onSearch={(q) => ask(route, { q })} />
        <span role="status">
          {shown && all && text.count(shown.length, all.length, visibleLine(system))}
        </span>
      </div>
      <List
        caption={text.title}
        columns={columns}
        items={shown}
        keyOf={({ PackageUrl }) => PackageUrl}
        empty={search ? text.noSuch(search) : text.none}
        error={error}
        retry={() => void found.refetch()}
      />
    </section>
  );
}

function matches({ Name, Version, Source = '', Summary = '' }: Package, asked: string): boolean {
  return [Name, Version, Source, Summary].some((each) => each.toLowerCase().includes(asked));
}

const columns: Column<Package>[] = [
  { title: text.name, cell: ({ Name }) => visibleLine(Name) },
  { title: text.version, cell: ({ Version }) => visibleLine(Version) },
  { title: text.architecture, cell: ({ Architecture }) => visibleLine(Architecture) },
  { title: text.source, cell: ({ Source, Name }) => visibleLine(Source ?? Name) },
  { title: text.size, cell: ({ InstalledSizeBytes: size }) => bytes(size), isFigure: true },
  { title: text.summary, cell: ({ Summary = '' }) => visibleLine(Summary) },
];
