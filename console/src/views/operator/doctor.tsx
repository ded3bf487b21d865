/** What a look at the machine finds, and what to do about what is not good. */
import { useAction } from '../../api/queries.ts';
import { List } from '../../parts/list.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { doctorText as text } from '../../text/operator.ts';

const tones: Record<string, Tone> = { good: 'good', warning: 'busy', problem: 'bad' };

export function Doctor() {
  const found = useAction('imago', 'DescribeDoctor', {}, { tables: [] });
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      <List
        caption={text.title}
        columns={[
          {
            title: text.columns.state,
            cell: ({ State }) => <Mark tone={tones[State]}>{text.states[State]}</Mark>,
          },
          { title: text.columns.name, cell: ({ Name }) => Name },
          {
            title: text.columns.detail,
            cell: ({ Detail, Advice }) => (
              <>
                {Detail} {Advice && <small class="hint">{Advice}</small>}
              </>
            ),
          },
        ]}
        items={found.data?.Findings}
        keyOf={({ Name }) => Name}
        empty={text.none}
        error={found.error}
        retry={found.refetch}
      />
      <p>
        <button type="button" disabled={found.isFetching} onClick={() => found.refetch()}>
          {found.isFetching ? text.looking : text.again}
        </button>
      </p>
    </section>
  );
}
