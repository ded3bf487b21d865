import type {
  RestoreImageFromRecycleBinRequest,
  RestoreImageFromRecycleBinResult,
} from '../../../../api/generated/ec2-types.ts';
import { restoreImage } from '../../../domain/recycle-bin.ts';
import type { Operation } from '../../operation.ts';

export const restoreImageFromRecycleBin: Operation<
  RestoreImageFromRecycleBinRequest,
  RestoreImageFromRecycleBinResult
> = {
  accepts: ['ImageId'],
  async run({ ImageId: id }, { catalog, caller, clock }) {
    const viewer = { ...caller, now: clock.now() };
    await catalog.write((transaction) => restoreImage(transaction, viewer, id));
    return { Return: true };
  },
};
