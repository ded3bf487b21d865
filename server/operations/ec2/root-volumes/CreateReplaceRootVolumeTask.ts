import type {
  CreateReplaceRootVolumeTaskRequest,
  CreateReplaceRootVolumeTaskResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { orderRootReplacement } from '../../../domain/order-root-replacement.ts';
import { requiredRootReplacements } from '../../../domain/root-replacements.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { rootReplacementShape } from '../../shapes/root-replacements.ts';

const action = 'CreateReplaceRootVolumeTask';
const type = 'replace-root-volume-task';

export const createReplaceRootVolumeTask: Operation<
  CreateReplaceRootVolumeTaskRequest,
  CreateReplaceRootVolumeTaskResult
> = {
  accepts: [
    'InstanceId',
    'SnapshotId',
    'ImageId',
    'VolumeId',
    'DeleteReplacedRootVolume',
    'ClientToken',
    'TagSpecifications',
  ],
  async run(input, { catalog, caller, clock, host, ids, masterKey }) {
    const { InstanceId: instanceId, SnapshotId: snapshotId, ImageId: imageId } = input;
    const { VolumeId: volumeId, DeleteReplacedRootVolume: deleteReplaced = false } = input;
    const { [type]: tags } = tagsOfSpecifications(input.TagSpecifications, [type]);
    checkDiskRoom(await host.measure(), caller.region);
    const call = {
      ...caller,
      action,
      token: input.ClientToken,
      parameters: input,
      now: clock.now(),
    };
    return catalog.write(async (transaction) => {
      const made = await idempotently(transaction, call, async () => {
        const making = { clock, ids, masterKey };
        const order = { instanceId, snapshotId, imageId, volumeId, deleteReplaced, tags };
        return [(await orderRootReplacement(transaction, caller, order, making)).id];
      });
      const [row] = await requiredRootReplacements(transaction, caller, made);
      return { ReplaceRootVolumeTask: row && rootReplacementShape(row) };
    });
  },
};
