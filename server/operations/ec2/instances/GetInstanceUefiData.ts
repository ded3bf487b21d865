import type {
  GetInstanceUefiDataRequest,
  GetInstanceUefiDataResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { currentBootMode, incorrectState, requiredInstance } from '../../../domain/instances.ts';
import { encodeUefiData } from '../../../foundations/uefi-data.ts';
import { MachineAbsentError } from '../../../hypervisor/hypervisor.ts';
import type { Operation } from '../../operation.ts';

/** Of a running instance: the firmware's variables as they are at the moment. */
export const getInstanceUefiData: Operation<GetInstanceUefiDataRequest, GetInstanceUefiDataResult> =
  {
    accepts: ['InstanceId'],
    async run({ InstanceId: id }, { catalog, caller, host }) {
      const row = await catalog.read((reader) => requiredInstance(reader, caller, id));
      if (currentBootMode(row) !== 'uefi') {
        throw new ServiceError(
          'UnsupportedOperation',
          `The instance '${id}' was not booted by UEFI and has no UEFI variables.`,
        );
      }
      if (row.state !== 'running') throw incorrectState(row, 'asked for its UEFI variables');
      const variables = await host.uefiVariables(id).catch((cause) => {
        throw cause instanceof MachineAbsentError
          ? incorrectState(row, 'asked for its UEFI variables')
          : cause;
      });
      return { InstanceId: id, UefiData: encodeUefiData(variables).toString('base64') };
    },
  };
