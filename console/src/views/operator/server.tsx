/** The host and its storage: what is promised, what is free, what a collection would free. */
import { useAction, useChange } from '../../api/queries.ts';
import { Facts } from '../../parts/facts.tsx';
import { bytes } from '../../parts/format.ts';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { serverText as text } from '../../text/operator.ts';

const everyMs = 5000;
const mebibyte = 1024 ** 2;

export function Server() {
  const found = useAction('imago', 'DescribeServer', {}, { tables: [], everyMs });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const { Version, Home, Regions, Hypervisor, Capacity } = found.data;
  const { Memory, Vcpus, Disk } = Capacity;
  const used = Memory.CommittedMiB * mebibyte;
  const forInstances = (Memory.ForInstancesMiB ?? Memory.TotalMiB) * mebibyte;
  return (
    <>
      <section class="card">
        <h2>{text.title}</h2>
        <Facts
          of={[
            [text.version, Version],
            [text.home, <code key="home">{Home}</code>],
            [text.regions, Regions.join(', ')],
            [
              text.hypervisor,
              `${Hypervisor.Kind} ${Hypervisor.Version} (${Hypervisor.Accelerator}, ${Hypervisor.MachineType}, ${Hypervisor.CpuModel})`,
            ],
            [text.vcpus, text.promised(Vcpus.Committed, Vcpus.Total)],
          ]}
        />
      </section>
      <section class="card">
        <h2>{text.memory}</h2>
        <Share used={used} total={forInstances} label={text.memory} />
      </section>
      <section class="card">
        <h2>{text.disk}</h2>
        <Share used={Disk.TotalBytes - Disk.FreeBytes} total={Disk.TotalBytes} label={text.disk} />
        <Facts
          of={[
            [text.blocks, bytes(Disk.BlockBytes)],
            [text.reclaimable, bytes(Disk.ReclaimableBytes)],
            [text.reserved, bytes(Disk.ReservedBytes)],
          ]}
        />
      </section>
      <Collection />
    </>
  );
}

function Share({ used, total, label }: { used: number; total: number; label: string }) {
  return (
    <p>
      <meter aria-label={label} min={0} max={total} value={used} high={total * 0.9} />{' '}
      {text.usedOf(bytes(used), bytes(total))}
    </p>
  );
}

function Collection() {
  const found = useAction('imago', 'DescribeCollection', {}, { tables: [], everyMs });
  const collect = useChange('imago', 'CollectGarbage');
  const last = found.data?.Collection;
  return (
    <section class="card">
      <h2>{text.collection}</h2>
      {(found.error ?? collect.error) && <Problem error={found.error ?? collect.error} />}
      {last ? (
        <p>
          <State of={last.State} /> <Time at={last.EndedAt ?? last.StartedAt} />{' '}
          {last.Freed && text.freed(bytes(last.Freed.Bytes))} {last.Error}
        </p>
      ) : (
        <p class="hint">{text.noCollection}</p>
      )}
      <div class="actions">
        <button type="button" onClick={() => collect.mutate({})}>
          {text.collect}
        </button>
        <button type="button" onClick={() => collect.mutate({ ReportOnly: true })}>
          {text.report}
        </button>
      </div>
    </section>
  );
}
