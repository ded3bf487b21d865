import type {
  ModifyImageAttributeRequest,
  ModifyImageAttributeResult,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import { checkImageShareable } from '../../../domain/encrypted-sharing.ts';
import { withPermissions } from '../../../domain/image-permissions.ts';
import { changeOwnImage, checkAvailable, checkDescription } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';
import { imageChange } from '../../requests/image-attributes.ts';

export const modifyImageAttribute: Operation<
  ModifyImageAttributeRequest,
  ModifyImageAttributeResult
> = {
  accepts: [
    'ImageId',
    'Attribute',
    'Value',
    'Description',
    'ImdsSupport',
    'LaunchPermission',
    'OperationType',
    'UserIds',
    'UserGroups',
    'OrganizationArns',
    'OrganizationalUnitArns',
  ],
  async run(input, { catalog, caller }) {
    const asked = imageChange(input);
    if (asked.attribute === 'description') checkDescription(asked.value);
    await catalog.write(async (transaction) => {
      const settings = await settingsOf(transaction, caller);
      await changeOwnImage(transaction, caller, input.ImageId, (image) => {
        checkAvailable(image);
        if (asked.attribute === 'launchPermission') {
          return withPermissions(image, asked.change, settings);
        }
        return { ...image, [asked.attribute]: asked.value };
      });
      if (asked.attribute !== 'launchPermission') return;
      const image = await transaction.images.get(input.ImageId);
      if (image) await checkImageShareable(transaction, image, asked.change.add);
    });
    return {};
  },
};
