/** Builds of images, the ones that go on among them. */
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { IdLink } from '../../parts/id-link.tsx';
import type { Column } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { builderText as text } from '../../text/builder.ts';
import { BuildState } from './build-state.tsx';
import { pageSize } from './page-size.ts';

type Build = NonNullable<
  Output<'imagebuilder', 'ListImageBuildVersions'>['imageSummaryList']
>[number];

export function Builds() {
  const asking = { tables: ['imageBuilds'], pageSize } as const;
  const found = usePages('imagebuilder', 'ListImageBuildVersions', {}, asking);
  return (
    <PagedList
      caption={text.builds.title}
      found={found}
      itemsOf={({ imageSummaryList }) => imageSummaryList}
      keyOf={({ arn = '' }) => arn}
      columns={columns}
      empty={text.builds.empty}
    />
  );
}

const columns: Column<Build>[] = [
  {
    title: text.columns.name,
    cell: ({ arn = '', name }) => <a href={href(['builder', 'build', arn])}>{name ?? arn}</a>,
  },
  { title: text.columns.version, cell: ({ version }) => version },
  { title: text.columns.state, cell: ({ state }) => <BuildState of={state?.status} /> },
  {
    title: text.columns.image,
    cell: ({ outputResources }) =>
      outputResources?.amis?.map(({ image, region }) => (
        <IdLink key={`${region} ${image}`} id={image} />
      )),
  },
  { title: text.columns.created, cell: ({ dateCreated }) => <Time at={dateCreated} /> },
];
