import type {
  GetAllowedImagesSettingsRequest,
  GetAllowedImagesSettingsResult,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';
import { criterionShape } from '../../requests/image-criteria.ts';

export const getAllowedImagesSettings: Operation<
  GetAllowedImagesSettingsRequest,
  GetAllowedImagesSettingsResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const settings = await catalog.read((reader) => settingsOf(reader, caller));
    return {
      State: settings.allowedImagesState ?? 'disabled',
      ImageCriteria: (settings.allowedImagesCriteria ?? []).map(criterionShape),
      ManagedBy: 'account',
    };
  },
};
