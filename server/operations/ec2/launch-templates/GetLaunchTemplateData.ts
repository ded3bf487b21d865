import type {
  GetLaunchTemplateDataRequest,
  GetLaunchTemplateDataResult,
} from '../../../../api/generated/ec2-types.ts';
import { incorrectState, requiredInstance } from '../../../domain/instances.ts';
import { volumesOf } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { instanceTemplateShape } from '../../shapes/instance-template.ts';

export const getLaunchTemplateData: Operation<
  GetLaunchTemplateDataRequest,
  GetLaunchTemplateDataResult
> = {
  accepts: ['InstanceId'],
  async run({ InstanceId }, { catalog, caller }) {
    return catalog.read(async (reader) => {
      const instance = await requiredInstance(reader, caller, InstanceId);
      // Of one that is gone its volumes are gone as well.
      if (instance.state === 'terminated') throw incorrectState(instance, 'described');
      return {
        LaunchTemplateData: instanceTemplateShape(instance, await volumesOf(reader, instance)),
      };
    });
  },
};
