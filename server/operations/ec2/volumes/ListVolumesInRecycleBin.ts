import type {
  ListVolumesInRecycleBinRequest,
  ListVolumesInRecycleBinResult,
  VolumeRecycleBinInfo,
} from '../../../../api/generated/ec2-types.ts';
import type { RecycledVolumeRow } from '../../../catalog/rows/volume.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { type BinViewer, isInBin, recycledVolumes } from '../../../domain/recycle-bin.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import type { Operation } from '../../operation.ts';
import { volumeShape } from '../../shapes/volumes.ts';

/** The caller's own. */
export const listVolumesInRecycleBin: Operation<
  ListVolumesInRecycleBinRequest,
  ListVolumesInRecycleBinResult
> = {
  accepts: ['VolumeIds', 'MaxResults', 'NextToken'],
  inPages: { list: 'Volumes', ids: 'VolumeIds' },
  async run(input, { catalog, caller, clock }) {
    const { VolumeIds: ids = [] } = input;
    const { account, region } = caller;
    const scope = { account, region, action: 'ListVolumesInRecycleBin' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    const viewer: BinViewer = { ...caller, now: clock.now() };
    const { rows, nextToken } = await catalog.read(async (reader) =>
      ids.length > 0
        ? cutPage(await recycledVolumes(reader, viewer, ids), page)
        : readPage(reader.recycledVolumes, { account, region }, page, (row) =>
            isInBin(viewer, row),
          ),
    );
    return { Volumes: rows.map(shape), NextToken: nextToken };
  },
};

function shape(row: RecycledVolumeRow): VolumeRecycleBinInfo {
  const { Iops, Throughput } = volumeShape(row);
  return {
    VolumeId: row.id,
    VolumeType: row.volumeType,
    State: row.state,
    Size: row.sizeGiB,
    Iops,
    Throughput,
    AvailabilityZone: row.availabilityZone,
    AvailabilityZoneId: zoneIdOf(row.availabilityZone),
    SnapshotId: row.snapshotId,
    CreateTime: new Date(row.createdAt),
    RecycleBinEnterTime: new Date(row.recycledAt),
    RecycleBinExitTime: new Date(row.recycledUntil),
  };
}
