import type {
  DescribeVolumeAttributeRequest,
  DescribeVolumeAttributeResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredVolume } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { productCodeShape } from '../../shapes/images.ts';

export const describeVolumeAttribute: Operation<
  DescribeVolumeAttributeRequest,
  DescribeVolumeAttributeResult
> = {
  accepts: ['Attribute', 'VolumeId'],
  async run({ Attribute, VolumeId: id }, { catalog, caller }) {
    const name = oneOf('Attribute', Attribute, ['autoEnableIO', 'productCodes']);
    const row = await catalog.read((reader) => requiredVolume(reader, caller, id));
    if (name === 'autoEnableIO') {
      return { VolumeId: id, AutoEnableIO: { Value: row.autoEnableIo ?? false } };
    }
    return { VolumeId: id, ProductCodes: (row.productCodes ?? []).map(productCodeShape) };
  },
};
