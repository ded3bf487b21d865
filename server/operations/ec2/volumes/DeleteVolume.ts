import type {
  DeleteVolumeRequest,
  DeleteVolumeResult,
} from '../../../../api/generated/ec2-types.ts';
import { removeVolume } from '../../../domain/recycle-bin.ts';
import { checkDetached, requiredVolume } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';

/** One that a terminated instance has left. */
export const deleteVolume: Operation<DeleteVolumeRequest, DeleteVolumeResult> = {
  accepts: ['VolumeId'],
  async run({ VolumeId: id }, { catalog, caller, clock }) {
    await catalog.write(async (transaction) => {
      const volume = await requiredVolume(transaction, caller, id);
      checkDetached(volume);
      await removeVolume(transaction, volume, clock.now());
    });
    return {};
  },
};
