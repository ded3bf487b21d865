import type {
  DescribeVolumeStatusRequest,
  DescribeVolumeStatusResult,
  VolumeStatusItem,
} from '../../../../api/generated/ec2-types.ts';
import type { VolumeRow } from '../../../catalog/rows/volume.ts';
import { type Filter, type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { requiredVolumes } from '../../../domain/volumes.ts';
import type { GuestStatus, Host } from '../../../host/host.ts';
import type { Operation } from '../../operation.ts';

const rowFilters: FilterTable<VolumeRow> = {
  // I/O that stood still goes on as soon as it can: nobody is told to do anything for it.
  absent: [
    'action.code',
    'action.description',
    'action.event-id',
    'event.description',
    'event.event-id',
    'event.event-type',
    'event.not-after',
    'event.not-before',
  ],
  values: {
    'attachment-status.instance-id': ({ attachment }) => attachment?.instanceId,
    'attachment-status.io-performance': ({ attachment }) => attachment && notMeasured,
    'availability-zone': ({ availabilityZone }) => availabilityZone,
  },
};

/** On what only the machine itself says. */
const statusFilters: FilterTable<VolumeStatusItem> = {
  values: {
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
  async run(input, { catalog, caller, host }) {
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
    const statuses = await statusesOf(rows, host);
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
async function statusesOf(rows: readonly VolumeRow[], host: Host): Promise<VolumeStatusItem[]> {
  const ids = new Set(rows.flatMap(({ attachment }) => attachment?.instanceId ?? []));
  const told = await Promise.all(
    [...ids].map(async (id): Promise<[string, MachineWord]> => {
      return [id, await host.status(id).catch(() => 'silent' as const)];
    }),
  );
  const words = new Map(told);
  return rows.map((row) => statusShape(row, words.get(row.attachment?.instanceId ?? '')));
}

function statusShape(row: VolumeRow, word: MachineWord | undefined): VolumeStatusItem {
  const { attachment } = row;
  return {
    VolumeId: row.id,
    AvailabilityZone: row.availabilityZone,
    AvailabilityZoneId: zoneIdOf(row.availabilityZone),
    VolumeStatus: ioStatus(row, word),
    Events: [],
    Actions: [],
    AttachmentStatuses: attachment
      ? [{ InstanceId: attachment.instanceId, IoPerformance: notMeasured }]
      : [],
    Operator: { Managed: false },
  };
}

/** A guest that stopped on a disk error reads and writes nothing, on whichever disk that was. */
function ioStatus({ state }: VolumeRow, word: MachineWord | undefined) {
  const performance = { Name: 'io-performance', Status: notMeasured } as const;
  const status = (Status: 'ok' | 'impaired' | 'insufficient-data', io: string) => ({
    Status,
    Details: [{ Name: 'io-enabled' as const, Status: io }, performance],
  });
  if (word === 'io-error' || word === 'disk-full') return status('impaired', 'failed');
  const isKnown = word !== 'silent' && state !== 'creating' && state !== 'error';
  return isKnown ? status('ok', 'passed') : status('insufficient-data', 'insufficient-data');
}
