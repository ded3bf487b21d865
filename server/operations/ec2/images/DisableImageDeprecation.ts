import type {
  DisableImageDeprecationRequest,
  DisableImageDeprecationResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const disableImageDeprecation: Operation<
  DisableImageDeprecationRequest,
  DisableImageDeprecationResult
> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, ({ deprecationTime: _, ...current }) => current),
    );
    return { Return: true };
  },
};
