import type { DetachVolumeRequest, VolumeAttachment } from '../../../../api/generated/ec2-types.ts';
import { detach } from '../../../domain/volume-attachments.ts';
import type { Operation } from '../../operation.ts';
import { attachmentShape } from '../../shapes/volumes.ts';

export const detachVolume: Operation<DetachVolumeRequest, VolumeAttachment> = {
  accepts: ['Device', 'Force', 'InstanceId', 'VolumeId'],
  async run(input, { catalog, caller }) {
    const order = {
      volumeId: input.VolumeId,
      instanceId: input.InstanceId || undefined,
      deviceName: input.Device || undefined,
      force: input.Force ?? false,
    };
    const { volume, attachment } = await catalog.write((transaction) =>
      detach(transaction, caller, order),
    );
    return attachmentShape(volume, attachment);
  },
};
