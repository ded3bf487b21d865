import type {
  DisableAllowedImagesSettingsRequest,
  DisableAllowedImagesSettingsResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

/** The criteria stay, for when they are enabled again. */
export const disableAllowedImagesSettings: Operation<
  DisableAllowedImagesSettingsRequest,
  DisableAllowedImagesSettingsResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { allowedImagesState: undefined }),
    );
    return { AllowedImagesSettingsState: 'disabled' };
  },
};
