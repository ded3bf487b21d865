import type {
  GetConsoleScreenshotRequest,
  GetConsoleScreenshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { incorrectState, requiredInstance } from '../../../domain/instances.ts';
import { MachineAbsentError, NoScreenError } from '../../../hypervisor/hypervisor.ts';
import type { Operation } from '../../operation.ts';

export const getConsoleScreenshot: Operation<
  GetConsoleScreenshotRequest,
  GetConsoleScreenshotResult
> = {
  accepts: ['InstanceId', 'WakeUp'],
  async run({ InstanceId: id, WakeUp: wakeUp = false }, { catalog, caller, host }) {
    // A key that is pressed is a change, from which DryRun keeps a guest.
    const row = await catalog[wakeUp ? 'write' : 'read']((reader) =>
      requiredInstance(reader, caller, id),
    );
    if (row.state !== 'running') throw incorrectState(row, 'looked at');
    const jpeg = await host.screenshot(id, { wakeUp }).catch((cause) => {
      if (cause instanceof NoScreenError) throw withoutScreen(id);
      // It ended meanwhile.
      throw cause instanceof MachineAbsentError ? incorrectState(row, 'looked at') : cause;
    });
    return { InstanceId: id, ImageData: jpeg.toString('base64') };
  },
};

/** A simulated machine, or one of layout 1. */
function withoutScreen(id: string): ServiceError {
  return new ServiceError(
    'UnsupportedOperation',
    `The machine of ${id} has no screen: a simulated one never has, nor has one whose hardware an older Imago chose.`,
  );
}
