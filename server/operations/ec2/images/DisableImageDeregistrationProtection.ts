import type {
  DisableImageDeregistrationProtectionRequest,
  DisableImageDeregistrationProtectionResult,
} from '../../../../api/generated/ec2-types.ts';
import { unprotectedImage } from '../../../domain/image-states.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const disableImageDeregistrationProtection: Operation<
  DisableImageDeregistrationProtectionRequest,
  DisableImageDeregistrationProtectionResult
> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller, clock }) {
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, (image) => unprotectedImage(image, clock.now())),
    );
    return { Return: 'true' };
  },
};
