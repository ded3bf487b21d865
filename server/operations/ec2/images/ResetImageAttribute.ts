import type {
  ResetImageAttributeRequest,
  ResetImageAttributeResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

/** Nobody but its owner sees the image afterwards. */
export const resetImageAttribute: Operation<ResetImageAttributeRequest, ResetImageAttributeResult> =
  {
    accepts: ['ImageId', 'Attribute'],
    async run({ ImageId, Attribute }, { catalog, caller }) {
      oneOf('Attribute', Attribute, ['launchPermission']);
      await catalog.write((transaction) =>
        changeOwnImage(transaction, caller, ImageId, (image) => ({
          ...image,
          launchPermissions: [],
        })),
      );
      return {};
    },
  };
