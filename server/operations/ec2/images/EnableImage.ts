import type { EnableImageRequest, EnableImageResult } from '../../../../api/generated/ec2-types.ts';
import { enabledImage } from '../../../domain/image-states.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const enableImage: Operation<EnableImageRequest, EnableImageResult> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, enabledImage),
    );
    return { Return: true };
  },
};
