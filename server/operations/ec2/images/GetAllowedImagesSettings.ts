import type {
  GetAllowedImagesSettingsRequest,
  GetAllowedImagesSettingsResult,
  ImageCriterion,
} from '../../../../api/generated/ec2-types.ts';
import type { AllowedImagesCriterion } from '../../../catalog/rows/account.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

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

function criterionShape(criterion: AllowedImagesCriterion): ImageCriterion {
  const { maxDaysSinceCreated: created, maxDaysSinceDeprecated: deprecated } = criterion;
  return {
    ImageProviders: criterion.imageProviders,
    ImageNames: criterion.imageNames,
    MarketplaceProductCodes: criterion.productCodes,
    CreationDateCondition: created === undefined ? undefined : { MaximumDaysSinceCreated: created },
    DeprecationTimeCondition:
      deprecated === undefined ? undefined : { MaximumDaysSinceDeprecated: deprecated },
  };
}
