import type { ResetInstanceAttributeRequest } from '../../../../api/generated/ec2-types.ts';
import { checkModifiable } from '../../../domain/instance-attributes.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

/** Each of them has one value only, which it is reset to by leaving it alone. */
const resettable = ['kernel', 'ramdisk', 'sourceDestCheck'] as const;

export const resetInstanceAttribute: Operation<
  ResetInstanceAttributeRequest,
  Record<string, never>
> = {
  accepts: ['InstanceId', 'Attribute'],
  async run({ InstanceId, Attribute }, { catalog, caller }) {
    oneOf('Attribute', Attribute, resettable);
    await catalog.write(async (transaction) =>
      checkModifiable(await requiredInstance(transaction, caller, InstanceId)),
    );
    return {};
  },
};
