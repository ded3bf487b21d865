import type {
  DetachImageWatermarkRequest,
  DetachImageWatermarkResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkWatermarkKey, withoutWatermark } from '../../../domain/image-watermarks.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

/** Also one that the image has from another's. */
export const detachImageWatermark: Operation<
  DetachImageWatermarkRequest,
  DetachImageWatermarkResult
> = {
  accepts: ['ImageId', 'WatermarkKey'],
  async run({ ImageId, WatermarkKey }, { catalog, caller }) {
    checkWatermarkKey(WatermarkKey);
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, (image) =>
        withoutWatermark(image, WatermarkKey),
      ),
    );
    return { Return: true };
  },
};
