/** Of which machines and volumes it is said when they are well. What it is their own views show. */
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { FirstStep } from '../../parts/first-step.tsx';
import type { Column } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href } from '../../route.ts';
import { checksListText as text } from '../../text/drills.ts';

export function ChecksList() {
  const found = usePages('imago', 'DescribeDrillChecks', {}, { tables: ['drillChecks'] });
  return (
    <>
      <p class="hint">{text.means}</p>
      <p>
        <SearchField
          label={text.find}
          value=""
          onSearch={(id) => /^(i|vol)-[0-9a-f]+$/.test(id) && go(href(['drills', id]))}
        />
      </p>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ DrillChecks }) => DrillChecks}
        keyOf={({ SourceId }) => SourceId}
        columns={columns}
        empty={<FirstStep says={text.empty} command={text.emptyCommand} />}
      />
    </>
  );
}

const columns: Column<Output<'imago', 'DescribeDrillChecks'>['DrillChecks'][number]>[] = [
  {
    title: text.columns.of,
    cell: ({ SourceId }) => (
      <a href={href(['drills', SourceId])}>
        <code>{SourceId}</code>
      </a>
    ),
  },
  { title: text.columns.checks, cell: ({ Checks = [] }) => Checks.length, isFigure: true },
  { title: text.columns.compared, cell: ({ Compare = [] }) => Compare.length, isFigure: true },
  { title: text.columns.since, cell: ({ PutTime }) => <Time at={PutTime} /> },
];
