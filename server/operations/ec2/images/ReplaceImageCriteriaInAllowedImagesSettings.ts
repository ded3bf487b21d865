import type {
  ReplaceImageCriteriaInAllowedImagesSettingsRequest,
  ReplaceImageCriteriaInAllowedImagesSettingsResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import { checkedCriteria } from '../../../domain/allowed-images.ts';
import type { Operation } from '../../operation.ts';

export const replaceImageCriteriaInAllowedImagesSettings: Operation<
  ReplaceImageCriteriaInAllowedImagesSettingsRequest,
  ReplaceImageCriteriaInAllowedImagesSettingsResult
> = {
  accepts: [
    'ImageCriteria.ImageProviders',
    'ImageCriteria.ImageNames',
    'ImageCriteria.MarketplaceProductCodes',
    'ImageCriteria.CreationDateCondition',
    'ImageCriteria.DeprecationTimeCondition',
  ],
  async run({ ImageCriteria: asked = [] }, { catalog, caller }) {
    const criteria = asked.map((criterion) => ({
      imageProviders: criterion.ImageProviders,
      imageNames: criterion.ImageNames,
      productCodes: criterion.MarketplaceProductCodes,
      maxDaysSinceCreated: criterion.CreationDateCondition?.MaximumDaysSinceCreated,
      maxDaysSinceDeprecated: criterion.DeprecationTimeCondition?.MaximumDaysSinceDeprecated,
    }));
    const allowedImagesCriteria = checkedCriteria(criteria);
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { allowedImagesCriteria }),
    );
    return { ReturnValue: true };
  },
};
