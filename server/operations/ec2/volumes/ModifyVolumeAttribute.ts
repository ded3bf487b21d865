import type { ModifyVolumeAttributeRequest } from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { requiredVolume } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';

export const modifyVolumeAttribute: Operation<
  ModifyVolumeAttributeRequest,
  Record<string, never>
> = {
  accepts: ['AutoEnableIO', 'VolumeId'],
  async run({ AutoEnableIO, VolumeId: id }, { catalog, caller }) {
    const { Value } = AutoEnableIO ?? {};
    if (Value === undefined) {
      throw new ServiceError(
        'MissingParameter',
        'The request must contain the parameter AutoEnableIO.',
      );
    }
    await catalog.write(async (transaction) => {
      const row = await requiredVolume(transaction, caller, id);
      const { autoEnableIo: _, ...rest } = row;
      await transaction.volumes.update(Value ? { ...rest, autoEnableIo: true } : rest);
    });
    return {};
  },
};
