import type {
  CreateSnapshotRequest,
  CreateSnapshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { checkDescription } from '../../../domain/images.ts';
import { orderSnapshot } from '../../../domain/order-snapshots.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import { requiredVolume } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { snapshotShape } from '../../shapes/snapshots.ts';

export const createSnapshot: Operation<CreateSnapshotRequest, CreateSnapshotResult> = {
  accepts: ['VolumeId', 'Description', 'TagSpecifications'],
  fixed: { Location: 'regional' },
  async run(input, { catalog, caller, clock, host, ids }) {
    const { VolumeId: volumeId, Description: description = '' } = input;
    checkDescription(description);
    checkDiskRoom(await host.measure(), caller.region);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['snapshot']).snapshot;
    const snapshot = await catalog.write(async (transaction) => {
      const volume = await requiredVolume(transaction, caller, volumeId);
      const about = { description, tags, backup: { sourceId: volume.id } };
      return orderSnapshot(transaction, volume, about, { clock, ids });
    });
    return snapshotShape(snapshot, caller);
  },
};
