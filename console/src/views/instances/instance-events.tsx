/** What happened to an instance, how it is now, and what is being done to it. */
import { useAction } from '../../api/queries.ts';
import { useTasksAbout } from '../../api/tasks.ts';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { TaskProgress } from '../../parts/task-progress.tsx';
import { Time } from '../../parts/time.tsx';
import { instanceEventsText as text } from '../../text/instance.ts';
import { eventsOf, type InstanceEvent } from './events.ts';
import type { PartProps } from './instance.ts';

const shownMax = 50;

export function InstanceEvents({ instance }: PartProps) {
  const id = instance.InstanceId ?? '';
  const of = (Name: string) => ({
    Filters: [{ Name, Values: [id] }],
    MaxResults: shownMax,
  });
  const replacements = useAction('ec2', 'DescribeReplaceRootVolumeTasks', of('instance-id'), {
    tables: ['rootReplacements'],
  });
  const captures = useAction(
    'ec2',
    'DescribeImages',
    { ...of('source-instance-id'), Owners: ['self'], IncludeDisabled: true },
    { tables: ['images'] },
  );
  const under = useTasksAbout(id).filter(({ State: state }) =>
    ['running', 'undoing'].includes(state),
  );
  const isKnown = replacements.data && captures.data;
  return (
    <>
      <Status id={id} />
      {under.map((task) => (
        <section key={task.Id} class="card">
          <h2>{text.kinds[task.Kind] ?? task.Kind}</h2>
          <TaskProgress task={task} />
        </section>
      ))}
      <section class="card">
        <h2>{text.title}</h2>
        <List
          caption={text.title}
          columns={columns}
          items={
            isKnown &&
            eventsOf({
              instance,
              replacements: replacements.data?.ReplaceRootVolumeTasks ?? [],
              captures: captures.data?.Images ?? [],
            })
          }
          keyOf={({ at, what, id: about }) => `${at} ${what} ${about}`}
          empty={text.none}
          error={replacements.error ?? captures.error}
        />
      </section>
    </>
  );
}

function Status({ id }: { id: string }) {
  const input = { InstanceIds: [id], IncludeAllInstances: true };
  const found = useAction('ec2', 'DescribeInstanceStatus', input, { tables: ['instances'] });
  const status = found.data?.InstanceStatuses?.[0];
  return (
    <section class="card">
      <h2>{text.status}</h2>
      <Facts
        of={[
          [text.system, <State key="system" of={status?.SystemStatus?.Status} />],
          [text.machine, <State key="machine" of={status?.InstanceStatus?.Status} />],
        ]}
      />
    </section>
  );
}

const columns: Column<InstanceEvent>[] = [
  { title: text.columns.at, cell: ({ at }) => <Time at={at} />, isShort: true },
  { title: text.columns.what, cell: ({ what }) => what },
  { title: text.columns.id, cell: ({ id }) => id && <IdLink id={id} /> },
  { title: text.columns.state, cell: ({ state }) => state && <State of={state} /> },
];
