import type {
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  InstanceStatus,
  InstanceStatusSummary,
} from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { instanceStateCodes } from '../../../domain/instances.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zoneOf } from '../../../domain/site.ts';
import type { Host } from '../../../host/host.ts';
import type { Operation } from '../../operation.ts';
import { stateShape } from '../../shapes/instances.ts';
import { readOwnInstances } from './instance-pages.ts';

const filters: FilterTable<InstanceRow> = {
  values: {
    'availability-zone': (row) => zoneOf(row.region),
    'availability-zone-id': (row) => zoneIdOf(row.region),
    'instance-state-code': (row) => String(instanceStateCodes[row.state]),
    'instance-state-name': (row) => row.state,
  },
};

export const describeInstanceStatus: Operation<
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult
> = {
  accepts: ['InstanceIds', 'IncludeAllInstances', 'Filters', 'MaxResults', 'NextToken'],
  // No service of AWS manages anything here.
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'InstanceStatuses', ids: 'InstanceIds' },
  async run(input, { catalog, caller, host }) {
    const filter = rowFilter(input.Filters, filters);
    const all = input.IncludeAllInstances ?? false;
    const scope = { ...caller, action: 'DescribeInstanceStatus' };
    const { rows, nextToken } = await catalog.read((reader) =>
      readOwnInstances(reader, input, scope, {
        ...filter,
        matches: (row) => (all || row.state === 'running') && filter.matches(row),
      }),
    );
    const statuses = await Promise.all(rows.map((row) => statusShape(row, host)));
    return { InstanceStatuses: statuses, NextToken: nextToken };
  },
};

async function statusShape(row: InstanceRow, host: Host): Promise<InstanceStatus> {
  const summary = summaryShape(await reachability(row, host));
  return {
    InstanceId: row.id,
    InstanceState: stateShape(row.state),
    AvailabilityZone: zoneOf(row.region),
    AvailabilityZoneId: zoneIdOf(row.region),
    // The system is this very process's host; the instance is reached through its machine.
    SystemStatus: row.state === 'running' ? summaryShape('passed') : summaryShape(undefined),
    InstanceStatus: summary,
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
