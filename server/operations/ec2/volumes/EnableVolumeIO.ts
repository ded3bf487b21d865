import type { EnableVolumeIORequest } from '../../../../api/generated/ec2-types.ts';
import { requiredVolume } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';

/**
 * EC2 disables a volume's I/O when its bytes may not be what was written, which those of verified
 * blocks never are. A guest that a disk error has stopped is let go on as soon as it can be read
 * (driver/instance-steps.ts): the volume's row is written so that this is tried at once.
 */
export const enableVolumeIO: Operation<EnableVolumeIORequest, Record<string, never>> = {
  accepts: ['VolumeId'],
  async run({ VolumeId: id }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      await transaction.volumes.update(await requiredVolume(transaction, caller, id));
    });
    return {};
  },
};
