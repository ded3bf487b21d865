import type { Duplex } from 'node:stream';
import type { OpenConsoleRequest } from '../../../api/imago-instances.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { incorrectState, requiredInstance } from '../../domain/instances.ts';
import { NoConsoleError } from '../../host/host.ts';
import type { Operation } from '../operation.ts';

/**
 * What the guest writes from now on, and what is typed to it. Several may look and type at once.
 */
export const openConsole: Operation<OpenConsoleRequest, Duplex> = {
  accepts: ['InstanceId'],
  connects: true,
  async run({ InstanceId: id }, context) {
    const row = await context.catalog.read((reader) =>
      requiredInstance(reader, context.caller, id),
    );
    if (row.state !== 'running') throw incorrectState(row, 'reached by its console');
    return context.host.console(id).catch((cause) => {
      throw cause instanceof NoConsoleError ? withoutConsole(id) : cause;
    });
  },
};

/** A simulated machine, or one that an older Imago started. */
function withoutConsole(id: string): ServiceError {
  return new ServiceError(
    'UnsupportedOperation',
    `The machine of ${id} has no serial console that takes input: a simulated one never has, one that an older Imago started has after a stop and a start.`,
  );
}
