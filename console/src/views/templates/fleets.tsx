/**
 * Fleets. Instant ones are told of to who asks by id; which there are say their instances, so one
 * whose instances are gone is found by its address only.
 */
import { useState } from 'preact/hooks';
import { useAction, useChange, usePages } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { List } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { fleetsText as text } from '../../text/templates.ts';

const fleetTag = 'aws:ec2:fleet-id';
const tables = ['fleets', 'instances'] as const;

export function Fleets({ route }: { route: Route }) {
  const named = route.query.get('id');
  const [deleted, setDeleted] = useState<string>();
  const Filters = [{ Name: 'tag-key', Values: [fleetTag] }];
  const instances = usePages('ec2', 'DescribeInstances', { Filters }, { tables, pageSize: 200 });
  const tagged = (instances.data?.pages ?? [])
    .flatMap(({ Reservations = [] }) => Reservations)
    .flatMap(({ Instances = [] }) => Instances)
    .flatMap(({ Tags = [] }) => Tags.filter(({ Key }) => Key === fleetTag))
    .map(({ Value = '' }) => Value);
  const FleetIds = [...new Set([...(named ? [named] : []), ...tagged])].sort();
  const found = useAction(
    'ec2',
    'DescribeFleets',
    { FleetIds },
    { tables, enabled: FleetIds.length > 0 },
  );
  const error = instances.error ?? found.error;
  if (error) return <Problem error={error} retry={found.refetch} />;
  return (
    <>
      <List
        caption={text.title}
        columns={[
          { title: text.columns.id, cell: ({ FleetId }) => <CopiedId id={FleetId} /> },
          { title: text.columns.state, cell: ({ FleetState }) => <State of={FleetState} /> },
          {
            title: text.columns.capacity,
            cell: ({ FulfilledCapacity, TargetCapacitySpecification: target }) =>
              text.of(FulfilledCapacity ?? 0, target?.TotalTargetCapacity ?? 0),
            isFigure: true,
          },
          {
            title: text.columns.template,
            cell: ({ LaunchTemplateConfigs = [] }) =>
              LaunchTemplateConfigs.map(({ LaunchTemplateSpecification: from }) => (
                <IdLink key={from?.LaunchTemplateId} id={from?.LaunchTemplateId} />
              )),
          },
          {
            title: text.columns.instances,
            cell: ({ Instances = [], Errors = [] }) => (
              <>
                {Instances.flatMap(({ InstanceIds = [] }) => InstanceIds).map((id) => (
                  <span key={id}>
                    <IdLink id={id} />{' '}
                  </span>
                ))}
                {Errors.map(({ ErrorMessage }) => (
                  <small key={ErrorMessage} class="hint">
                    {ErrorMessage}
                  </small>
                ))}
              </>
            ),
          },
          { title: text.columns.created, cell: ({ CreateTime }) => <Time at={CreateTime} /> },
          {
            title: text.columns.actions,
            cell: ({ FleetId }) => (
              <button type="button" onClick={() => setDeleted(FleetId)}>
                {text.delete}
              </button>
            ),
          },
        ]}
        items={FleetIds.length === 0 && instances.data ? [] : found.data?.Fleets}
        keyOf={({ FleetId = '' }) => FleetId}
        empty={text.empty}
      />
      {instances.hasNextPage && (
        <button type="button" class="more" onClick={() => instances.fetchNextPage()}>
          {common.more}
        </button>
      )}
      {deleted && <DeleteDialog id={deleted} onClose={() => setDeleted(undefined)} />}
    </>
  );
}

function DeleteDialog({ id, onClose }: { id: string; onClose(): void }) {
  const remove = useChange('ec2', 'DeleteFleets');
  const run = async () => {
    const answer = await remove.mutateAsync({ FleetIds: [id], TerminateInstances: true });
    const [refused] = answer.UnsuccessfulFleetDeletions ?? [];
    if (refused) throw new Error(refused.Error?.Message);
    go(href(['templates'], { tab: 'fleets' }));
  };
  return (
    <ActionDialog
      title={text.deleteTitle(id)}
      action={text.deleteNow}
      isDangerous
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}
