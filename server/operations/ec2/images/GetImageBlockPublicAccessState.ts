import type {
  GetImageBlockPublicAccessStateRequest,
  GetImageBlockPublicAccessStateResult,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

export const getImageBlockPublicAccessState: Operation<
  GetImageBlockPublicAccessStateRequest,
  GetImageBlockPublicAccessStateResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const { imageBlockPublicAccess } = await catalog.read((reader) => settingsOf(reader, caller));
    const ImageBlockPublicAccessState = imageBlockPublicAccess ?? 'unblocked';
    return { ImageBlockPublicAccessState, ManagedBy: 'account' };
  },
};
