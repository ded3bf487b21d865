/** Instances with their states as they change. */
import { longPage, usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import type { Column } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Time } from '../../parts/time.tsx';
import { ask, href, type Route } from '../../route.ts';
import { instancesText as text } from '../../text/instances.ts';
import { filtersOf, type Instance, instancesOf, nameOf } from './instance.ts';

export function InstancesList({ route }: { route: Route }) {
  const search = route.query.get('q') ?? '';
  const input = search ? { Filters: filtersOf(search) } : {};
  const found = usePages('ec2', 'DescribeInstances', input, {
    tables: ['instances'],
    pageSizeMax: longPage,
  });
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <SearchField label={text.search} value={search} onSearch={(q) => ask(route, { q })} />
        <a class="button main" href={href(['instances', 'launch'])}>
          {text.launch}
        </a>
      </header>
      <PagedList
        caption={text.title}
        columns={columns}
        found={found}
        itemsOf={instancesOf}
        keyOf={({ InstanceId = '' }) => InstanceId}
        empty={search ? text.noMatch(search) : <Nothing />}
      />
    </>
  );
}

function Nothing() {
  return (
    <>
      <p>{text.empty}</p>
      <a class="button main" href={href(['images'], { tab: 'provider' })}>
        {text.toImages}
      </a>
    </>
  );
}

const columns: Column<Instance>[] = [
  {
    title: text.columns.name,
    cell: (instance) => (
      <a href={href(['instances', instance.InstanceId ?? ''])}>{nameOf(instance)}</a>
    ),
  },
  { title: text.columns.id, cell: ({ InstanceId }) => <code>{InstanceId}</code> },
  { title: text.columns.state, cell: ({ State: state }) => <State of={state?.Name} /> },
  { title: text.columns.type, cell: ({ InstanceType }) => InstanceType, isShort: true },
  { title: text.columns.image, cell: ({ ImageId }) => <IdLink id={ImageId} /> },
  { title: text.columns.address, cell: ({ PublicIpAddress }) => PublicIpAddress ?? '–' },
  {
    title: text.columns.launched,
    cell: ({ LaunchTime }) => <Time at={LaunchTime} />,
    isShort: true,
  },
];
