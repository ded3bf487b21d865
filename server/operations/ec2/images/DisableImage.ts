import type {
  DisableImageRequest,
  DisableImageResult,
} from '../../../../api/generated/ec2-types.ts';
import { disabledImage } from '../../../domain/image-states.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const disableImage: Operation<DisableImageRequest, DisableImageResult> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, disabledImage),
    );
    return { Return: true };
  },
};
