import type { AttachVolumeRequest, VolumeAttachment } from '../../../../api/generated/ec2-types.ts';
import { attach } from '../../../domain/volume-attachments.ts';
import type { Operation } from '../../operation.ts';
import { attachmentShape } from '../../shapes/volumes.ts';

export const attachVolume: Operation<AttachVolumeRequest, VolumeAttachment> = {
  accepts: ['Device', 'InstanceId', 'VolumeId'],
  fixed: { EbsCardIndex: 0 },
  async run(input, { catalog, caller, clock }) {
    const { Device: deviceName, InstanceId: instanceId, VolumeId: volumeId } = input;
    const order = { deviceName, instanceId, volumeId };
    const row = await catalog.write((transaction) =>
      attach(transaction, caller, order, clock.now()),
    );
    if (!row.attachment) throw new Error(`${row.id} was not attached`);
    return attachmentShape(row, row.attachment);
  },
};
