import type {
  ReplaceImageInstanceTypeSpecificationRequest,
  ReplaceImageInstanceTypeSpecificationResult,
} from '../../../../api/generated/ec2-types.ts';
import { typeSpecification, withTypes } from '../../../domain/image-instance-types.ts';
import { changeOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

export const replaceImageInstanceTypeSpecification: Operation<
  ReplaceImageInstanceTypeSpecificationRequest,
  ReplaceImageInstanceTypeSpecificationResult
> = {
  accepts: ['ImageId', 'InstanceTypeSpecification'],
  async run({ ImageId, InstanceTypeSpecification: asked = {} }, { catalog, caller }) {
    const { SupportedInstanceTypes = [], UnsupportedInstanceTypes = [] } = asked;
    const instanceTypes = typeSpecification(SupportedInstanceTypes, UnsupportedInstanceTypes);
    await catalog.write((transaction) =>
      changeOwnImage(transaction, caller, ImageId, (image) => withTypes(image, instanceTypes)),
    );
    return { ReturnValue: true };
  },
};
