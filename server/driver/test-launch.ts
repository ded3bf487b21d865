/** For tests of the driver: instances, and a guest that does not do what it is asked. */
import type { Instance } from '../../api/generated/ec2-types.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { type TestImago, withFaults } from '../tasks/test-imago.ts';

export async function launch(
  imago: TestImago,
  more: object = {},
): Promise<Instance & { InstanceId: string }> {
  const image = await imago.image();
  const input = { ImageId: image.id, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano', ...more };
  const { Instances = [] } = await imago.call(runInstances, input);
  return Instances[0] as Instance & { InstanceId: string };
}

export async function running(imago: TestImago, more: object = {}): Promise<string> {
  const { InstanceId } = await launch(imago, more);
  await imago.untilState(InstanceId, 'running');
  return InstanceId;
}

/** A guest that does not hear its power button. */
export const deaf = withFaults<Hypervisor>(() => ({ powerDown: async () => {} }));
