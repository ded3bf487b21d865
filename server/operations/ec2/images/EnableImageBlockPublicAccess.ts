import type {
  EnableImageBlockPublicAccessRequest,
  EnableImageBlockPublicAccessResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

/** Images that are public already stay so. */
export const enableImageBlockPublicAccess: Operation<
  EnableImageBlockPublicAccessRequest,
  EnableImageBlockPublicAccessResult
> = {
  accepts: ['ImageBlockPublicAccessState'],
  async run({ ImageBlockPublicAccessState: state }, { catalog, caller }) {
    const imageBlockPublicAccess = oneOf('ImageBlockPublicAccessState', state, [
      'block-new-sharing',
    ]);
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { imageBlockPublicAccess }),
    );
    return { ImageBlockPublicAccessState: imageBlockPublicAccess };
  },
};
