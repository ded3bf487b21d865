/** What images are built of: recipes, and the components that they are made of. */
import { usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { builderText as text } from '../../text/builder.ts';
import { pageSize } from './page-size.ts';

export function Recipes() {
  const asking = { tables: ['imageRecipes'], pageSize } as const;
  const found = usePages('imagebuilder', 'ListImageRecipes', {}, asking);
  return (
    <PagedList
      caption={text.recipes.title}
      found={found}
      itemsOf={({ imageRecipeSummaryList }) => imageRecipeSummaryList}
      keyOf={({ arn = '' }) => arn}
      columns={[
        { title: text.columns.name, cell: ({ name }) => name },
        {
          title: text.columns.version,
          cell: ({ arn = '' }) => arn.slice(arn.lastIndexOf('/') + 1),
        },
        { title: text.columns.parent, cell: ({ parentImage }) => <IdLink id={parentImage} /> },
        { title: text.columns.created, cell: ({ dateCreated }) => <Time at={dateCreated} /> },
      ]}
      empty={text.recipes.empty}
    />
  );
}

export function Components() {
  const asking = { tables: ['components'], pageSize } as const;
  const found = usePages('imagebuilder', 'ListComponents', {}, asking);
  return (
    <PagedList
      caption={text.components.title}
      found={found}
      itemsOf={({ componentVersionList }) => componentVersionList}
      keyOf={({ arn = '' }) => arn}
      columns={[
        { title: text.columns.name, cell: ({ name }) => name },
        { title: text.columns.version, cell: ({ version }) => version },
        { title: text.columns.description, cell: ({ description }) => description },
        { title: text.columns.type, cell: ({ type }) => type },
        { title: text.columns.created, cell: ({ dateCreated }) => <Time at={dateCreated} /> },
      ]}
      empty={text.components.empty}
    />
  );
}
