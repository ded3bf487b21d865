import type { CreateImageRequest, CreateImageResult } from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { checkDescription, checkName } from '../../../domain/images.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import { orderImage } from '../../../domain/order-capture.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { acceptedMappings, mappingRequests } from '../../requests/block-device-mappings.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { fixedMappings } from '../../requests/launch-fixed.ts';

export const createImage: Operation<CreateImageRequest, CreateImageResult> = {
  accepts: [
    'InstanceId',
    'Name',
    'Description',
    'NoReboot',
    'BootModeOverride',
    ...acceptedMappings,
    'TagSpecifications',
  ],
  fixed: { ...fixedMappings, SnapshotLocation: 'regional' },
  async run(input, { catalog, caller, clock, host, ids }) {
    const { Name: name, Description: description, InstanceId: instanceId } = input;
    checkDescription(description);
    checkDiskRoom(await host.measure(), caller.region);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['image', 'snapshot']);
    const order = {
      name,
      description,
      reboot: !input.NoReboot,
      bootMode: oneOf('BootModeOverride', input.BootModeOverride, ['uefi']),
      mappings: mappingRequests(input.BlockDeviceMappings),
      imageTags: tags.image,
      snapshotTags: tags.snapshot,
    };
    const image = await catalog.write(async (transaction) => {
      await checkName(transaction, caller, name);
      const instance = await requiredInstance(transaction, caller, instanceId);
      return orderImage(transaction, caller, instance, order, { clock, ids });
    });
    return { ImageId: image.id };
  },
};
