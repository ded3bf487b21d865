import type {
  AttachImageWatermarkRequest,
  AttachImageWatermarkResult,
} from '../../../../api/generated/ec2-types.ts';
import { watermarkKey, withWatermark } from '../../../domain/image-watermarks.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const attachImageWatermark: Operation<
  AttachImageWatermarkRequest,
  AttachImageWatermarkResult
> = {
  accepts: ['ImageId', 'WatermarkName'],
  async run({ ImageId, WatermarkName }, { catalog, caller, clock }) {
    const key = watermarkKey(caller.account, WatermarkName);
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, (image) =>
        withWatermark(image, key, clock.now()),
      ),
    );
    return { WatermarkKey: key };
  },
};
