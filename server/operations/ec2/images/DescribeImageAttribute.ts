import type {
  DescribeImageAttributeRequest,
  ImageAttribute,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { requiredOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import {
  deregistrationProtection,
  launchPermissionShape,
  productCodeShape,
} from '../../shapes/images.ts';

type Shape = (image: ImageRow) => ImageAttribute;

const attributes = {
  description: ({ description: Value }) => ({ Description: { Value } }),
  kernel: () => ({ KernelId: {} }),
  ramdisk: () => ({ RamdiskId: {} }),
  launchPermission: ({ launchPermissions }) => ({
    LaunchPermissions: launchPermissions.map(launchPermissionShape),
  }),
  productCodes: ({ productCodes = [] }) => ({ ProductCodes: productCodes.map(productCodeShape) }),
  // As EC2 does since it is deprecated: DescribeImages has them.
  blockDeviceMapping: () => {
    throw new ServiceError('AuthFailure', 'Unauthorized attempt to access restricted resource');
  },
  sriovNetSupport: ({ sriovNetSupport: Value }) => ({ SriovNetSupport: { Value } }),
  bootMode: ({ bootMode: Value }) => ({ BootMode: { Value } }),
  tpmSupport: ({ tpmSupport: Value }) => ({ TpmSupport: { Value } }),
  uefiData: ({ uefiData: Value }) => ({ UefiData: { Value } }),
  lastLaunchedTime: ({ lastLaunchedAt: Value }) => ({ LastLaunchedTime: { Value } }),
  deregistrationProtection: (image) => ({
    DeregistrationProtection: { Value: deregistrationProtection(image) },
  }),
  imdsSupport: ({ imdsSupport: Value }) => ({ ImdsSupport: { Value } }),
} satisfies Record<string, Shape>;

const names = Object.keys(attributes) as (keyof typeof attributes)[];

/** Of one's own images only: DescribeImages says of others' what there is to know. */
export const describeImageAttribute: Operation<DescribeImageAttributeRequest, ImageAttribute> = {
  accepts: ['ImageId', 'Attribute'],
  async run({ ImageId, Attribute }, { catalog, caller }) {
    const name = oneOf('Attribute', Attribute, names) ?? 'description';
    const image = await catalog.read((reader) => requiredOwnImage(reader, caller, ImageId));
    return { ImageId: image.id, ...attributes[name](image) };
  },
};
