import type {
  RestoreVolumeFromRecycleBinRequest,
  RestoreVolumeFromRecycleBinResult,
} from '../../../../api/generated/ec2-types.ts';
import { restoreVolume } from '../../../domain/recycle-bin.ts';
import type { Operation } from '../../operation.ts';

export const restoreVolumeFromRecycleBin: Operation<
  RestoreVolumeFromRecycleBinRequest,
  RestoreVolumeFromRecycleBinResult
> = {
  accepts: ['VolumeId'],
  async run({ VolumeId: id }, { catalog, caller, clock }) {
    const viewer = { ...caller, now: clock.now() };
    await catalog.write((transaction) => restoreVolume(transaction, viewer, id));
    return { Return: true };
  },
};
