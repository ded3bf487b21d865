import type {
  DisableImageBlockPublicAccessRequest,
  DisableImageBlockPublicAccessResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

export const disableImageBlockPublicAccess: Operation<
  DisableImageBlockPublicAccessRequest,
  DisableImageBlockPublicAccessResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const imageBlockPublicAccess = 'unblocked';
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { imageBlockPublicAccess }),
    );
    return { ImageBlockPublicAccessState: imageBlockPublicAccess };
  },
};
