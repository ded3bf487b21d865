/** The bill of the block stores: what each thing needs, what would go with it, and how all grows. */
import { lazy, Suspense } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { bytes } from '../../parts/format.ts';
import { type Column, List } from '../../parts/list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { ask, type Route } from '../../route.ts';
import { storageText as text } from '../../text/storage.ts';
import { nameOf, type StorageItem, usePlaceOf } from './storage-item.ts';
import { StorageMap } from './storage-map.tsx';

const StorageGrowth = lazy(async () => ({
  default: (await import('./storage-growth.tsx')).StorageGrowth,
}));

const measures = ['stored', 'exclusive'] as const;
const whileMeasuringMs = 1000;

export function Storage({ route }: { route: Route }) {
  const [isMeasuring, setIsMeasuring] = useState(false);
  const found = useAction(
    'imago',
    'DescribeStorageUsage',
    {},
    { tables: [], everyMs: isMeasuring ? whileMeasuringMs : undefined },
  );
  const { State: state, MeasuredAt, Error: why } = found.data ?? {};
  useEffect(() => setIsMeasuring(state === 'measuring'), [state]);
  const by = measures.find((each) => each === route.query.get('by')) ?? 'stored';
  const { Items: items, NeededBytes, PlainBaseBytes = 0, ItemCount = 0 } = found.data ?? {};
  return (
    <>
      <section class="card">
        <h2>{text.title}</h2>
        {found.error && <Problem error={found.error} retry={found.refetch} />}
        {state === 'failed' && <p class="problem">{text.failed(why)}</p>}
        <div role="status">
          {!items && state === 'measuring' && <p class="loading">{text.firstMeasure}</p>}
          {items && state === 'measuring' && <p>{text.measuring}</p>}
          {items && (
            <p>
              {text.together(bytes(NeededBytes), ItemCount)} {text.measuredAt}{' '}
              <Time at={MeasuredAt} /> {PlainBaseBytes > 0 && text.plain(bytes(PlainBaseBytes))}
            </p>
          )}
        </div>
        <div class="actions">
          <button type="button" disabled={isMeasuring} onClick={() => found.refetch()}>
            {text.again}
          </button>
          <label>
            {text.by}{' '}
            <select
              value={by}
              onChange={({ currentTarget }) => ask(route, { by: currentTarget.value })}
            >
              {measures.map((each) => (
                <option key={each} value={each}>
                  {text.bys[each]}
                </option>
              ))}
            </select>
          </label>
        </div>
        {items && items.length > 0 && <StorageMap items={items} by={by} />}
      </section>
      <Suspense fallback={null}>
        <StorageGrowth />
      </Suspense>
      {items && (
        <section class="card">
          <h2>{text.table}</h2>
          <List
            caption={text.table}
            columns={columns}
            items={items}
            keyOf={({ Id }) => Id}
            empty={text.none}
          />
        </section>
      )}
    </>
  );
}

function Place({ of: item }: { of: StorageItem }) {
  const placeOf = usePlaceOf();
  return <a href={placeOf(item)}>{nameOf(item)}</a>;
}

const columns: Column<StorageItem>[] = [
  { title: text.columns.name, cell: (item) => <Place of={item} /> },
  { title: text.columns.id, cell: ({ Id }) => <code>{Id}</code> },
  { title: text.columns.account, cell: ({ AccountId }) => AccountId },
  { title: text.columns.region, cell: ({ Region }) => Region },
  {
    title: text.columns.logical,
    cell: ({ LogicalBytes }) => bytes(LogicalBytes),
    isFigure: true,
  },
  { title: text.columns.stored, cell: ({ StoredBytes }) => bytes(StoredBytes), isFigure: true },
  { title: text.columns.shared, cell: ({ SharedBytes }) => bytes(SharedBytes), isFigure: true },
  {
    title: text.columns.exclusive,
    cell: ({ ExclusiveBytes }) => bytes(ExclusiveBytes),
    isFigure: true,
  },
  {
    title: text.columns.archived,
    cell: ({ ArchivedBytes }) => bytes(ArchivedBytes),
    isFigure: true,
  },
];
