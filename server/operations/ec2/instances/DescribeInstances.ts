import { setImmediate as turn } from 'node:timers/promises';
import type {
  DescribeInstancesRequest,
  DescribeInstancesResult,
  Reservation,
} from '../../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { VolumeRow } from '../../../catalog/rows/volume.ts';
import { type RowFilter, rowFilter } from '../../../domain/filters.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import type { Operation, OperationContext } from '../../operation.ts';
import { readInstanceParts, reservationShapes } from '../../shapes/instances.ts';
import { attachedVolumeFilter, instanceFilters, isAttachedFilter } from './instance-filters.ts';
import { findOwnInstances, readOwnInstances } from './instance-pages.ts';

const action = 'DescribeInstances';

export const describeInstances: Operation<DescribeInstancesRequest, DescribeInstancesResult> = {
  accepts: ['InstanceIds', 'Filters', 'MaxResults', 'NextToken'],
  // No service of AWS manages anything here.
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'Reservations', ids: 'InstanceIds', whole: readWholeReservations },
  async run(input, { catalog, caller, site }) {
    return catalog.read(async (reader) => {
      const filter = await filterOf(reader, input, caller);
      const scope = { ...caller, action };
      const { rows, nextToken } = await readOwnInstances(reader, input, scope, filter);
      const parts = await readInstanceParts(reader, rows, site);
      return { Reservations: reservationShapes(rows, parts), NextToken: nextToken };
    });
  },
};

/** An instance as EC2 shows it is several KB of XML. */
const pieceInstances = 100;

/**
 * Ids are in no order of launches, so all that match are found first. Only their ids are kept: each
 * piece is read when it is wanted, and what no longer matches then is left out.
 */
async function* readWholeReservations(
  input: DescribeInstancesRequest,
  { catalog, caller, site }: OperationContext,
): AsyncGenerator<Reservation[]> {
  const { filter, found } = await catalog.read(async (reader) => {
    const filter = await filterOf(reader, input, caller);
    const found = await findOwnInstances(reader, input, { ...caller, action }, filter);
    return { filter, found };
  });
  const launches = Map.groupBy(found, ({ reservationId }) => reservationId);
  let ids: string[] = [];
  const readPiece = async () => {
    // Who takes the pieces may take them faster than anybody else has a turn.
    await turn();
    return catalog.read(async (reader) => {
      const rows = await reader.instances.list({ where: { id: ids } });
      const shown = rows.filter(filter.matches);
      return reservationShapes(shown, await readInstanceParts(reader, shown, site));
    });
  };
  for (const launch of launches.values()) {
    if (ids.length > 0 && ids.length + launch.length > pieceInstances) {
      yield await readPiece();
      ids = [];
    }
    for (const { id } of launch) ids.push(id);
  }
  if (ids.length > 0) yield await readPiece();
}

async function filterOf(
  reader: CatalogReader,
  { Filters, InstanceIds }: DescribeInstancesRequest,
  caller: Viewer,
): Promise<RowFilter<InstanceRow>> {
  const { account, region } = caller;
  const groups = await reader.securityGroups.list({ where: { account, region } });
  const groupNames = new Map(groups.map((group) => [group.id, group.name]));
  const volumes = new Map<string, VolumeRow[]>();
  const filter = rowFilter(Filters, instanceFilters({ groupNames, volumes }));
  if (!filter.names.some(isAttachedFilter)) return filter;
  // Volumes say where they are attached, instances do not.
  const id = filter.exact(attachedVolumeFilter);
  const where = { account, region, id, instance: InstanceIds?.length ? InstanceIds : undefined };
  for await (const volume of reader.volumes.scan({ where })) {
    const { instanceId } = volume.attachment ?? {};
    if (instanceId === undefined) continue;
    volumes.set(instanceId, [...(volumes.get(instanceId) ?? []), volume]);
  }
  return filter;
}
