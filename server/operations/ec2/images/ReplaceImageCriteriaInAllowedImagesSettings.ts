import type {
  ReplaceImageCriteriaInAllowedImagesSettingsRequest,
  ReplaceImageCriteriaInAllowedImagesSettingsResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import { checkedCriteria } from '../../../domain/allowed-images.ts';
import type { Operation } from '../../operation.ts';
import { acceptedCriteria, readCriterion } from '../../requests/image-criteria.ts';

export const replaceImageCriteriaInAllowedImagesSettings: Operation<
  ReplaceImageCriteriaInAllowedImagesSettingsRequest,
  ReplaceImageCriteriaInAllowedImagesSettingsResult
> = {
  accepts: acceptedCriteria,
  async run({ ImageCriteria: asked = [] }, { catalog, caller }) {
    const allowedImagesCriteria = checkedCriteria(asked.map(readCriterion));
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { allowedImagesCriteria }),
    );
    return { ReturnValue: true };
  },
};
