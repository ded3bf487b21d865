/** Long work, with its steps as they go. */
import { usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { tasksText as text } from '../../text/operator.ts';

export function Tasks() {
  const found = usePages('imago', 'DescribeTasks', {}, { tables: ['tasks'] });
  return (
    <PagedList
      caption={text.title}
      found={found}
      itemsOf={({ Tasks: tasks }) => tasks}
      keyOf={({ Id }) => Id}
      columns={[
        { title: text.columns.kind, cell: ({ Kind }) => Kind },
        { title: text.columns.subject, cell: ({ Subject }) => <IdLink id={Subject} /> },
        { title: text.columns.state, cell: ({ State: state }) => <State of={state} /> },
        {
          title: text.columns.steps,
          cell: ({ Steps, Step, Outputs = {}, Error: error }) => (
            <>
              <ol class="steps">
                {Steps.map((step) => (
                  <li
                    key={step}
                    class={Object.hasOwn(Outputs, step) ? 'done' : undefined}
                    aria-current={step === Step ? 'step' : undefined}
                  >
                    {step}
                  </li>
                ))}
              </ol>
              {error}
            </>
          ),
        },
        { title: text.columns.begun, cell: ({ CreatedAt }) => <Time at={CreatedAt} /> },
        { title: text.columns.ended, cell: ({ FinishedAt }) => <Time at={FinishedAt} /> },
      ]}
      empty={text.empty}
    />
  );
}
