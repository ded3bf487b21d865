import type {
  ModifyImageAttributeRequest,
  ModifyImageAttributeResult,
} from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import { withPermissions } from '../../../domain/image-permissions.ts';
import { checkAvailable, checkDescription, requiredOwnImage } from '../../../domain/images.ts';
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
      const image = await requiredOwnImage(transaction, caller, input.ImageId);
      checkAvailable(image);
      const settings = await settingsOf(transaction, caller);
      const changed = (): ImageRow => {
        if (asked.attribute === 'launchPermission') {
          return withPermissions(image, asked.change, settings);
        }
        return { ...image, [asked.attribute]: asked.value };
      };
      await transaction.images.update(changed());
    });
    return {};
  },
};
