import type {
  EnableAllowedImagesSettingsRequest,
  EnableAllowedImagesSettingsResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

export const enableAllowedImagesSettings: Operation<
  EnableAllowedImagesSettingsRequest,
  EnableAllowedImagesSettingsResult
> = {
  accepts: ['AllowedImagesSettingsState'],
  async run({ AllowedImagesSettingsState: state }, { catalog, caller }) {
    const allowedImagesState = oneOf('AllowedImagesSettingsState', state, [
      'enabled',
      'audit-mode',
    ]);
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { allowedImagesState }),
    );
    return { AllowedImagesSettingsState: allowedImagesState };
  },
};
