import type {
  CreateSnapshotsRequest,
  CreateSnapshotsResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { checkDescription } from '../../../domain/images.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import { orderSnapshots } from '../../../domain/order-snapshots.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { snapshotInfoShape } from '../../shapes/snapshots.ts';

/** Of all volumes of an instance, at one point in time. */
export const createSnapshots: Operation<CreateSnapshotsRequest, CreateSnapshotsResult> = {
  accepts: ['InstanceSpecification', 'Description', 'TagSpecifications', 'CopyTagsFromSource'],
  fixed: { Location: 'regional' },
  async run(input, { catalog, caller, clock, host, ids }) {
    const { InstanceSpecification: from, Description: description = '' } = input;
    checkDescription(description);
    checkDiskRoom(await host.measure(), caller.region);
    const order = {
      excludeBoot: from.ExcludeBootVolume ?? false,
      excludedVolumeIds: from.ExcludeDataVolumeIds ?? [],
      description,
      tags: tagsOfSpecifications(input.TagSpecifications, ['snapshot']).snapshot,
      copyTags: oneOf('CopyTagsFromSource', input.CopyTagsFromSource, ['volume']) !== undefined,
      backup: {},
    };
    const rows = await catalog.write(async (transaction) => {
      const instance = await requiredInstance(transaction, caller, from.InstanceId);
      return orderSnapshots(transaction, instance, order, { clock, ids });
    });
    return { Snapshots: rows.map(snapshotInfoShape) };
  },
};
