import type {
  GetConsoleOutputRequest,
  GetConsoleOutputResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';

/** EC2's. */
const outputMaxBytes = 64 * 1024;

/** What there is now is always the latest: with and without `Latest`. */
export const getConsoleOutput: Operation<GetConsoleOutputRequest, GetConsoleOutputResult> = {
  accepts: ['InstanceId'],
  fixed: { Latest: [false, true] },
  async run({ InstanceId: id }, { catalog, caller, clock, host }) {
    await catalog.read((reader) => requiredInstance(reader, caller, id));
    const output = await host.consoleOutput(id, outputMaxBytes);
    return { InstanceId: id, Timestamp: clock.now(), Output: output.toString('base64') };
  },
};
