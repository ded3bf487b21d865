import type { CheckImageRequest, CheckImageResult } from '../../../api/imago-marketplace.ts';
import { orderCheck } from '../../domain/image-findings.ts';
import { checkAvailable, requiredOwnImage } from '../../domain/images.ts';
import type { Operation } from '../operation.ts';

export const checkImage: Operation<CheckImageRequest, CheckImageResult> = {
  accepts: ['ImageId'],
  async run({ ImageId }, context) {
    const { catalog, caller, site } = context;
    const TaskId = await catalog.write(async (transaction) => {
      const image = await requiredOwnImage(transaction, caller, ImageId);
      checkAvailable(image);
      return orderCheck(transaction, image, site.hostId, context);
    });
    return { TaskId };
  },
};
