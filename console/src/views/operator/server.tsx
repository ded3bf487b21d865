/** The host and its storage: what is promised, what is free, what a collection would free. */
import { useAction } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { Facts } from '../../parts/facts.tsx';
import { bytes } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { serverText as text } from '../../text/operator.ts';
import { Collection } from './collection.tsx';

const everyMs = 5000;
const mebibyte = 1024 ** 2;

export function Server() {
  const found = useAction('imago', 'DescribeServer', {}, { tables: [], everyMs });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const { Version, Home, Regions, Capacity } = found.data;
  const { Memory, Disk } = Capacity;
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
          ]}
        />
      </section>
      <Hosts server={found.data} />
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
            [text.plainBases, bytes(Disk.PlainBaseBytes)],
            [text.reserved, bytes(Disk.ReservedBytes)],
          ]}
        />
      </section>
      {Capacity.RegionDisks.map((disk) => (
        <section key={disk.Region} class="card">
          <h2>{text.diskOf(disk.Region)}</h2>
          <Share
            used={disk.TotalBytes - disk.FreeBytes}
            total={disk.TotalBytes}
            label={text.diskOf(disk.Region)}
          />
          <Facts
            of={[
              [text.folder, <code key="folder">{disk.Folder}</code>],
              [text.reserved, bytes(disk.ReservedBytes)],
            ]}
          />
        </section>
      ))}
      <Collection />
    </>
  );
}

type Described = Output<'imago', 'DescribeServer'>;

/** There is one now. */
function Hosts({ server }: { server: Described }) {
  const { hostColumns: columns } = text;
  return (
    <section class="card">
      <h2>{text.hosts}</h2>
      <List
        caption={text.hosts}
        columns={[
          { title: columns.name, cell: ({ Pid }) => `${text.thisHost} (${text.pid(Pid)})` },
          {
            title: columns.hypervisor,
            cell: ({ Hypervisor: { Kind, Version, Accelerator, MachineType, CpuModel } }) =>
              `${Kind} ${Version} (${Accelerator}, ${MachineType}, ${CpuModel})`,
          },
          {
            title: columns.memory,
            cell: ({ Capacity: { Memory } }) =>
              text.usedOf(
                bytes(Memory.CommittedMiB * mebibyte),
                bytes((Memory.ForInstancesMiB ?? Memory.TotalMiB) * mebibyte),
              ),
            isFigure: true,
          },
          {
            title: columns.vcpus,
            cell: ({ Capacity: { Vcpus } }) => `${Vcpus.Committed} / ${Vcpus.Total}`,
            isFigure: true,
          },
          { title: columns.state, cell: () => <Mark tone="good">{text.serves}</Mark> },
        ]}
        items={[server]}
        keyOf={({ Pid }) => `${Pid}`}
        empty=""
      />
    </section>
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
