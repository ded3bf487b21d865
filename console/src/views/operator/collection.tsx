/** The collection of garbage: the one that runs, or what the last one found and freed. */
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { Facts } from '../../parts/facts.tsx';
import { bytes } from '../../parts/format.ts';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { serverText as text } from '../../text/operator.ts';

type Described = NonNullable<Output<'imago', 'DescribeCollection'>['Collection']>;

const sums = ['Kept', 'Found', 'Condemned', 'Waiting', 'Freed'] as const;

export function Collection() {
  const found = useAction('imago', 'DescribeCollection', {}, { tables: ['collections'] });
  const collect = useChange('imago', 'CollectGarbage');
  const last = found.data?.Collection;
  const isRunning = last?.State === 'running';
  return (
    <section class="card">
      <h2>{text.collection}</h2>
      {(found.error ?? collect.error) && <Problem error={found.error ?? collect.error} />}
      <div role="status">
        {last ? <Last collection={last} /> : <p class="hint">{text.noCollection}</p>}
        {/* Nobody knows how much there is before it was looked through. */}
        {isRunning && <progress aria-label={common.progress} />}
      </div>
      <div class="actions">
        <button type="button" disabled={isRunning} onClick={() => collect.mutate({})}>
          {isRunning ? text.running : text.collect}
        </button>
        <button
          type="button"
          disabled={isRunning}
          onClick={() => collect.mutate({ ReportOnly: true })}
        >
          {text.report}
        </button>
      </div>
    </section>
  );
}

function Last({ collection }: { collection: Described }) {
  const { State: state, StartedAt, EndedAt, Error: error } = collection;
  const strays = [...(collection.RemovedInstanceIds ?? []), ...(collection.RemovedVolumeIds ?? [])];
  return (
    <>
      <p>
        <State of={state} /> <Time at={EndedAt ?? StartedAt} /> {error}
      </p>
      <Facts
        of={[
          ...sums.flatMap((name) => {
            const sum = collection[name];
            return sum ? [[text.sums[name], text.sum(sum.Blocks, bytes(sum.Bytes))] as const] : [];
          }),
          ...(strays.length > 0 ? [[text.strays, strays.join(', ')] as const] : []),
        ]}
      />
    </>
  );
}
