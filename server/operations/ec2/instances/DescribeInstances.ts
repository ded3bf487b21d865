import type {
  DescribeInstancesRequest,
  DescribeInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { type RowFilter, rowFilter } from '../../../domain/filters.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { readInstanceParts, reservationShapes } from '../../shapes/instances.ts';
import { attachedVolumeFilter, instanceFilters } from './instance-filters.ts';
import { readOwnInstances } from './instance-pages.ts';

export const describeInstances: Operation<DescribeInstancesRequest, DescribeInstancesResult> = {
  accepts: ['InstanceIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller, site }) {
    return catalog.read(async (reader) => {
      const { account, region } = caller;
      const groups = await reader.securityGroups.list({ where: { account, region } });
      const names = new Map(groups.map((group) => [group.id, group.name]));
      const volumeIds = new Map<string, string[]>();
      const by = { groupNames: names, volumeIds };
      const filter = rowFilter(input.Filters, instanceFilters(by));
      await readAttached(reader, caller, filter, volumeIds);
      const scope = { ...caller, action: 'DescribeInstances' };
      const { rows, nextToken } = await readOwnInstances(reader, input, scope, filter);
      const parts = await readInstanceParts(reader, rows, site);
      return { Reservations: reservationShapes(rows, parts), NextToken: nextToken };
    });
  },
};

/** What the filter on attached volumes compares with: volumes say where they are attached, instances do not. */
async function readAttached(
  reader: CatalogReader,
  { account, region }: Viewer,
  filter: RowFilter<InstanceRow>,
  into: Map<string, string[]>,
): Promise<void> {
  if (!filter.names.includes(attachedVolumeFilter)) return;
  const where = { account, region, id: filter.exact(attachedVolumeFilter) };
  for await (const { id, attachment } of reader.volumes.scan({ where })) {
    if (!attachment) continue;
    into.set(attachment.instanceId, [...(into.get(attachment.instanceId) ?? []), id]);
  }
}
