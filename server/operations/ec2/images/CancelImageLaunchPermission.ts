import type {
  CancelImageLaunchPermissionRequest,
  CancelImageLaunchPermissionResult,
} from '../../../../api/generated/ec2-types.ts';
import { withoutViewer } from '../../../domain/image-permissions.ts';
import { requiredImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const cancelImageLaunchPermission: Operation<
  CancelImageLaunchPermissionRequest,
  CancelImageLaunchPermissionResult
> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const image = await requiredImage(transaction, caller, ImageId);
      await transaction.images.update(withoutViewer(image, caller));
    });
    return { Return: true };
  },
};
