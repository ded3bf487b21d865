/** Long work, with its steps as they go, by state. */
import { usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { TaskProgress } from '../../parts/task-progress.tsx';
import { Time } from '../../parts/time.tsx';
import { href, type Route } from '../../route.ts';
import { tasksText as text } from '../../text/operator.ts';

const states = {
  all: undefined,
  running: ['running', 'undoing'],
  failed: ['failed'],
  succeeded: ['succeeded'],
};
type Filter = keyof typeof states;
const filters = Object.keys(states) as Filter[];

export function Tasks({ route }: { route: Route }) {
  const filter = filters.find((each) => each === route.query.get('state')) ?? 'all';
  const input = { States: states[filter] };
  const found = usePages('imago', 'DescribeTasks', input, { tables: ['tasks'] });
  return (
    <>
      <nav class="chosen filters" aria-label={text.filter}>
        {filters.map((each) => (
          <a
            key={each}
            href={href(['operator'], { tab: 'tasks', state: each })}
            aria-current={each === filter ? 'page' : undefined}
          >
            {text.filters[each]}
          </a>
        ))}
      </nav>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ Tasks: tasks }) => tasks}
        keyOf={({ Id }) => Id}
        columns={[
          {
            title: text.columns.kind,
            cell: ({ Kind, Id }) => <a href={href(['operator', 'tasks', Id])}>{Kind}</a>,
          },
          { title: text.columns.subject, cell: ({ Subject }) => <IdLink id={Subject} /> },
          { title: text.columns.state, cell: ({ State: state }) => <State of={state} /> },
          { title: text.columns.steps, cell: (task) => <TaskProgress task={task} /> },
          { title: text.columns.begun, cell: ({ CreatedAt }) => <Time at={CreatedAt} /> },
          { title: text.columns.ended, cell: ({ FinishedAt }) => <Time at={FinishedAt} /> },
        ]}
        empty={text.empty[filter]}
      />
    </>
  );
}
