import type {
  EnableImageDeprecationRequest,
  EnableImageDeprecationResult,
} from '../../../../api/generated/ec2-types.ts';
import { deprecatedImage } from '../../../domain/image-states.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const enableImageDeprecation: Operation<
  EnableImageDeprecationRequest,
  EnableImageDeprecationResult
> = {
  accepts: ['ImageId', 'DeprecateAt'],
  async run({ ImageId, DeprecateAt }, { catalog, caller, clock }) {
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, (image) =>
        deprecatedImage(image, DeprecateAt, clock.now()),
      ),
    );
    return { Return: true };
  },
};
