import type {
  DescribeVolumesRequest,
  DescribeVolumesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { VolumeRow } from '../../../catalog/rows/volume.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { tagCondition } from '../../../domain/tags.ts';
import { requiredVolumes } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { attachmentState, volumeShape } from '../../shapes/volumes.ts';

const filters: FilterTable<VolumeRow> = {
  absent: ['operator.principal'],
  values: {
    'attachment.attach-time': (row) => row.attachment?.attachedAt,
    'attachment.delete-on-termination': (row) =>
      row.attachment && String(row.attachment.deleteOnTermination),
    'attachment.device': (row) => row.attachment?.deviceName,
    'attachment.instance-id': (row) => row.attachment?.instanceId,
    'attachment.status': (row) => row.attachment && attachmentState(row),
    'availability-zone': (row) => row.availabilityZone,
    'availability-zone-id': (row) => zoneIdOf(row.availabilityZone),
    'create-time': (row) => row.createdAt,
    encrypted: (row) => String(row.encryption !== undefined),
    'fast-restored': (row) => String(row.fastRestored === true),
    'multi-attach-enabled': () => 'false',
    'operator.managed': () => 'false',
    size: (row) => String(row.sizeGiB),
    'snapshot-id': (row) => row.snapshotId,
    status: (row) => row.state,
    'volume-id': (row) => row.id,
    'volume-type': (row) => row.volumeType,
  },
  tags: (row) => row.tags,
};

export const describeVolumes: Operation<DescribeVolumesRequest, DescribeVolumesResult> = {
  accepts: ['VolumeIds', 'Filters', 'MaxResults', 'NextToken'],
  // No service of AWS manages anything here.
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'Volumes', ids: 'VolumeIds' },
  async run(input, { catalog, caller }) {
    const { VolumeIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeVolumes' }, usualPageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredVolumes(reader, caller, ids);
        return cutPage(named.filter(filter.matches), page);
      }
      const { account, region } = caller;
      const where = {
        account,
        region,
        id: filter.exact('volume-id'),
        instance: filter.exact('attachment.instance-id'),
        ...tagCondition(caller, filter),
      };
      return readPage(reader.volumes, where, page, filter.matches);
    });
    return { Volumes: rows.map(volumeShape), NextToken: nextToken };
  },
};
