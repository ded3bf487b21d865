import type {
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  InstanceStatus,
  InstanceStatusEvent,
  InstanceStatusSummary,
} from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { Damage } from '../../../collection/scrubber.ts';
import { type Filter, type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { instanceStateCodes } from '../../../domain/instances.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zoneOf } from '../../../domain/site.ts';
import type { Host } from '../../../host/host.ts';
import type { Operation } from '../../operation.ts';
import { stateShape } from '../../shapes/instances.ts';
import { readOwnInstances } from './instance-pages.ts';

const rowFilters: FilterTable<InstanceRow> = {
  // Nothing here ends by itself, or tells of the programs in an instance.
  absent: [
    'application-status.status',
    'attached-ebs-status.status',
    'event.not-after',
    'event.not-before-deadline',
    'operator.principal',
  ],
  values: {
    'availability-zone': zoneOf,
    'availability-zone-id': (row) => zoneIdOf(zoneOf(row)),
    'instance-state-code': (row) => String(instanceStateCodes[row.state]),
    'instance-state-name': (row) => row.state,
    'operator.managed': () => 'false',
  },
};

function eventsOf(told: (event: InstanceStatusEvent) => string | undefined) {
  return ({ Events = [] }: InstanceStatus) => Events.flatMap((event) => told(event) ?? []);
}

/** On what only the machine itself says, or the scrubber. */
const statusFilters: FilterTable<InstanceStatus> = {
  values: {
    'event.code': eventsOf((event) => event.Code),
    'event.description': eventsOf((event) => event.Description),
    'event.instance-event-id': eventsOf((event) => event.InstanceEventId),
    'event.not-before': eventsOf((event) => event.NotBefore?.toISOString()),
    'instance-status.reachability': ({ InstanceStatus }) => reachabilityOf(InstanceStatus),
    'instance-status.status': ({ InstanceStatus }) => InstanceStatus?.Status,
    'system-status.reachability': ({ SystemStatus }) => reachabilityOf(SystemStatus),
    'system-status.status': ({ SystemStatus }) => SystemStatus?.Status,
  },
};

const reachabilityOf = (summary?: InstanceStatusSummary) => summary?.Details?.[0]?.Status;

export const describeInstanceStatus: Operation<
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult
> = {
  accepts: ['InstanceIds', 'IncludeAllInstances', 'Filters', 'MaxResults', 'NextToken'],
  // No service of AWS manages anything here.
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'InstanceStatuses', ids: 'InstanceIds' },
  async run(input, { catalog, caller, host, scrubber }) {
    const { Filters = [], InstanceIds: ids } = input;
    const isStatus = ({ Name = '' }: Filter) => Object.hasOwn(statusFilters.values, Name);
    const filter = rowFilter(
      Filters.filter((each) => !isStatus(each)),
      rowFilters,
    );
    const wanted = rowFilter(Filters.filter(isStatus), statusFilters);
    const all = input.IncludeAllInstances ?? false;
    const scope = { ...caller, action: 'DescribeInstanceStatus' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    // Machines are asked for no more than what is told, unless it depends on what they say.
    const rowsInput = wanted.names.length > 0 ? { InstanceIds: ids } : input;
    const { rows, nextToken } = await catalog.read((reader) =>
      readOwnInstances(reader, rowsInput, scope, {
        ...filter,
        matches: (row) => (all || row.state === 'running') && filter.matches(row),
      }),
    );
    const statuses = await Promise.all(
      rows.map((row) => statusShape(row, host, scrubber.damageOf(row.id))),
    );
    if (wanted.names.length === 0) return { InstanceStatuses: statuses, NextToken: nextToken };
    const found = statuses
      .filter(wanted.matches)
      .map((status) => ({ id: `${status.InstanceId}`, status }));
    const shown = cutPage(found, page);
    return { InstanceStatuses: shown.rows.map((row) => row.status), NextToken: shown.nextToken };
  },
};

async function statusShape(
  row: InstanceRow,
  host: Host,
  damage: readonly Damage[],
): Promise<InstanceStatus> {
  const summary = summaryShape(await reachability(row, host));
  return {
    InstanceId: row.id,
    InstanceState: stateShape(row.state),
    AvailabilityZone: zoneOf(row),
    AvailabilityZoneId: zoneIdOf(zoneOf(row)),
    // The system is this very process's host; the instance is reached through its machine.
    SystemStatus: row.state === 'running' ? summaryShape('passed') : summaryShape(undefined),
    InstanceStatus: summary,
    Events: damage.map(damageEvent),
  };
}

/** It is the host's: a guest that reads the block stands still until it is whole again. */
function damageEvent({ digest, detail, since, imageIds }: Damage): InstanceStatusEvent {
  const images = imageIds.length > 0 ? `, of ${imageIds.join(', ')}` : '';
  return {
    InstanceEventId: `instance-event-${digest.slice(0, 17)}`,
    Code: 'system-maintenance',
    Description: `Block ${digest} of its disk${images} is damaged: ${detail}`,
    NotBefore: new Date(since),
  };
}

type Reachability = 'passed' | 'failed' | 'initializing' | 'insufficient-data' | undefined;

/** What the machine itself says; a guest's own programs are not asked. */
async function reachability(row: InstanceRow, host: Host): Promise<Reachability> {
  if (row.state !== 'running') return undefined;
  if (row.haltedBy !== undefined) return 'initializing';
  const status = await host.status(row.id).catch(() => undefined);
  if (status === undefined) return 'insufficient-data';
  return status === 'running' || status === 'paused' ? 'passed' : 'failed';
}

function summaryShape(reachable: Reachability): InstanceStatusSummary {
  if (reachable === undefined) return { Status: 'not-applicable' };
  const status = { passed: 'ok', failed: 'impaired' }[reachable as string] ?? reachable;
  return { Status: status, Details: [{ Name: 'reachability', Status: reachable }] };
}
