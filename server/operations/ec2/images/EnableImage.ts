import type { EnableImageRequest, EnableImageResult } from '../../../../api/generated/ec2-types.ts';
import { enabledImage } from '../../../domain/image-states.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import { checkRestored } from '../../../domain/snapshot-tiers.ts';
import type { Operation } from '../../operation.ts';

export const enableImage: Operation<EnableImageRequest, EnableImageResult> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const image = await changeOwnImage(transaction, caller, ImageId, enabledImage);
      await checkRestored(transaction, image);
    });
    return { Return: true };
  },
};
