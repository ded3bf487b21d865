import type {
  EnableImageDeregistrationProtectionRequest,
  EnableImageDeregistrationProtectionResult,
} from '../../../../api/generated/ec2-types.ts';
import { protectedImage } from '../../../domain/image-states.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const enableImageDeregistrationProtection: Operation<
  EnableImageDeregistrationProtectionRequest,
  EnableImageDeregistrationProtectionResult
> = {
  accepts: ['ImageId', 'WithCooldown'],
  async run({ ImageId, WithCooldown: withCooldown = false }, { catalog, caller, clock }) {
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, (image) =>
        protectedImage(image, clock.now(), withCooldown),
      ),
    );
    return { Return: 'true' };
  },
};
