/** What a restore has made, and how far it is: it is looked at as its rows change. */
import type { ComponentChildren } from 'preact';
import { useAction } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { restoreText as text } from '../../text/restore.ts';

interface Props {
  id: string;
  backup: string;
}

export function RestoredMachine({ id, backup }: Props) {
  const input = { InstanceIds: [id] };
  const found = useAction('ec2', 'DescribeInstances', input, { tables: ['instances'] });
  const instance = found.data?.Reservations?.[0]?.Instances?.[0];
  return (
    <Restored what={text.done.machine} id={id} backup={backup} error={found.error}>
      <State of={instance?.State?.Name} /> {instance?.StateReason?.Message}
    </Restored>
  );
}

export function RestoredRoot({ id, backup }: Props) {
  const input = { ReplaceRootVolumeTaskIds: [id] };
  const asking = { tables: ['rootReplacements'] } as const;
  const found = useAction('ec2', 'DescribeReplaceRootVolumeTasks', input, asking);
  const task = found.data?.ReplaceRootVolumeTasks?.[0];
  return (
    <Restored what={text.done.place} id={task?.InstanceId} backup={backup} error={found.error}>
      <State of={task?.TaskState} />
    </Restored>
  );
}

export function RestoredVolume({ id, backup }: Props) {
  const found = useAction('ec2', 'DescribeVolumes', { VolumeIds: [id] }, { tables: ['volumes'] });
  const [attachment] = found.data?.Volumes?.[0]?.Attachments ?? [];
  return (
    <Restored what={text.done.volume} id={id} backup={backup} error={found.error}>
      <State of={attachment?.State} /> {attachment?.Device} <IdLink id={attachment?.InstanceId} />
    </Restored>
  );
}

interface RestoredProps {
  what: string;
  id: string | undefined;
  backup: string;
  error: unknown;
  children: ComponentChildren;
}

function Restored({ what, id, backup, error, children }: RestoredProps) {
  if (error) return <Problem error={error} />;
  return (
    <p role="status">
      {what} <IdLink id={id} /> {children}
      <span class="line hint">{text.ofBackup(backup)}</span>
    </p>
  );
}
