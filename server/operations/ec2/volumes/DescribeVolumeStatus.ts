import type {
  DescribeVolumeStatusRequest,
  DescribeVolumeStatusResult,
  VolumeStatusEvent,
  VolumeStatusItem,
} from '../../../../api/generated/ec2-types.ts';
import type { VolumeRow } from '../../../catalog/rows/volume.ts';
import type { Damage, Scrubber } from '../../../collection/scrubber.ts';
import { type Filter, type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { requiredVolumes } from '../../../domain/volumes.ts';
import type { GuestStatus, Host } from '../../../host/host.ts';
import type { Operation } from '../../operation.ts';

const rowFilters: FilterTable<VolumeRow> = {
  // What is damaged heals, and I/O that stood still goes on: nobody is told to do anything for it.
  absent: ['action.code', 'action.description', 'action.event-id', 'event.not-after'],
  values: {
    'attachment-status.instance-id': ({ attachment }) => attachment?.instanceId,
    'attachment-status.io-performance': ({ attachment }) => attachment && notMeasured,
    'availability-zone': ({ availabilityZone }) => availabilityZone,
  },
};

function eventsOf(told: (event: VolumeStatusEvent) => string | undefined) {
  return ({ Events = [] }: VolumeStatusItem) => Events.flatMap((event) => told(event) ?? []);
}

/** On what only the machine itself says, or the scrubber. */
const statusFilters: FilterTable<VolumeStatusItem> = {
  values: {
    'event.description': eventsOf((event) => event.Description),
    'event.event-id': eventsOf((event) => event.EventId),
    'event.event-type': eventsOf((event) => event.EventType),
    'event.not-before': eventsOf((event) => event.NotBefore?.toISOString()),
    'volume-status.details-name': ({ VolumeStatus }) =>
      VolumeStatus?.Details?.map(({ Name }) => Name),
    'volume-status.details-status': ({ VolumeStatus }) =>
      VolumeStatus?.Details?.map(({ Status }) => Status),
    'volume-status.status': ({ VolumeStatus }) => VolumeStatus?.Status,
  },
};

const notMeasured = 'not-applicable';

export const describeVolumeStatus: Operation<
  DescribeVolumeStatusRequest,
  DescribeVolumeStatusResult
> = {
  accepts: ['VolumeIds', 'Filters', 'MaxResults', 'NextToken'],
  // No service of AWS manages anything here.
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'VolumeStatuses', ids: 'VolumeIds' },
  async run(input, { catalog, caller, host, scrubber }) {
    const { VolumeIds: ids = [], Filters = [] } = input;
    const { account, region } = caller;
    const isStatus = ({ Name = '' }: Filter) => Object.hasOwn(statusFilters.values, Name);
    const filter = rowFilter(
      Filters.filter((each) => !isStatus(each)),
      rowFilters,
    );
    const wanted = rowFilter(Filters.filter(isStatus), statusFilters);
    const scope = { account, region, action: 'DescribeVolumeStatus' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    // Machines are asked for no more than what is told, unless it depends on what they say.
    const whole = wanted.names.length > 0;
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredVolumes(reader, caller, ids);
        return { rows: named.filter(filter.matches), nextToken: undefined };
      }
      const instance = filter.exact('attachment-status.instance-id');
      const where = { account, region, instance };
      const all = { ...page, after: undefined, limit: undefined };
      return readPage(reader.volumes, where, whole ? all : page, filter.matches);
    });
    const statuses = await statusesOf(rows, host, scrubber);
    if (!whole) return { VolumeStatuses: statuses, NextToken: nextToken };
    const found = statuses
      .filter(wanted.matches)
      .map((status) => ({ id: `${status.VolumeId}`, status }));
    const shown = cutPage(found, page);
    return { VolumeStatuses: shown.rows.map(({ status }) => status), NextToken: shown.nextToken };
  },
};

type MachineWord = GuestStatus | 'silent';

/** Each machine is asked once. */
async function statusesOf(
  rows: readonly VolumeRow[],
  host: Host,
  scrubber: Scrubber,
): Promise<VolumeStatusItem[]> {
  const ids = new Set(rows.flatMap(({ attachment }) => attachment?.instanceId ?? []));
  const told = await Promise.all(
    [...ids].map(async (id): Promise<[string, MachineWord]> => {
      return [id, await host.status(id).catch(() => 'silent' as const)];
    }),
  );
  const words = new Map(told);
  return rows.map((row) => {
    const word = words.get(row.attachment?.instanceId ?? '');
    return statusShape(row, word, scrubber.damageOfVolume(row.id));
  });
}

function statusShape(
  row: VolumeRow,
  word: MachineWord | undefined,
  damage: readonly Damage[],
): VolumeStatusItem {
  const { attachment } = row;
  return {
    VolumeId: row.id,
    AvailabilityZone: row.availabilityZone,
    AvailabilityZoneId: zoneIdOf(row.availabilityZone),
    VolumeStatus: ioStatus(row, word, damage.length > 0),
    Events: damage.map((each) => damageEvent(row, each)),
    Actions: [],
    AttachmentStatuses: attachment
      ? [{ InstanceId: attachment.instanceId, IoPerformance: notMeasured }]
      : [],
    Operator: { Managed: false },
  };
}

/** EC2's event of bytes that may not be right. These are not there: whoever reads them waits. */
function damageEvent({ attachment }: VolumeRow, { digest, detail, since }: Damage) {
  return {
    EventId: `evol-${digest.slice(0, 17)}`,
    EventType: 'potential-data-inconsistency',
    Description: `Block ${digest} of it is damaged: ${detail}`,
    NotBefore: new Date(since),
    InstanceId: attachment?.instanceId,
  };
}

/** A guest that stopped on a disk error reads and writes nothing, on whichever disk that was. */
function ioStatus({ state }: VolumeRow, word: MachineWord | undefined, isDamaged: boolean) {
  const performance = { Name: 'io-performance', Status: notMeasured } as const;
  const status = (Status: 'ok' | 'impaired' | 'insufficient-data', io: string) => ({
    Status,
    Details: [{ Name: 'io-enabled' as const, Status: io }, performance],
  });
  if (word === 'io-error' || word === 'disk-full') return status('impaired', 'failed');
  if (isDamaged) return status('impaired', 'passed');
  const isKnown = word !== 'silent' && state !== 'creating' && state !== 'error';
  return isKnown ? status('ok', 'passed') : status('insufficient-data', 'insufficient-data');
}
