import type { Duplex } from 'node:stream';
import type { OpenScreenRequest } from '../../../api/imago-instances.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { incorrectState, requiredInstance } from '../../domain/instances.ts';
import { MachineAbsentError, NoScreenError } from '../../hypervisor/hypervisor.ts';
import type { Operation } from '../operation.ts';

/** The guest's display and keyboard by VNC. Several may look and type at once. */
export const openScreen: Operation<OpenScreenRequest, Duplex> = {
  accepts: ['InstanceId'],
  connects: true,
  async run({ InstanceId: id }, { catalog, caller, host }) {
    const row = await catalog.read((reader) => requiredInstance(reader, caller, id));
    if (row.state !== 'running') throw incorrectState(row, 'looked at');
    return host.screen(id).catch((cause) => {
      if (cause instanceof NoScreenError) throw withoutScreen(id);
      // It ended meanwhile.
      throw cause instanceof MachineAbsentError ? incorrectState(row, 'looked at') : cause;
    });
  },
};

/** A simulated machine, or one that an older Imago started. */
function withoutScreen(id: string): ServiceError {
  return new ServiceError(
    'UnsupportedOperation',
    `The machine of ${id} has no screen to sit at: a simulated one never has, one that an older Imago started may have after a stop and a start.`,
  );
}
