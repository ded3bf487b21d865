/** Instances for tests of operations, as a launch and the driver would have left them. */
import type {
  Instance,
  RunInstancesRequest,
  RunInstancesResult,
} from '../../api/generated/ec2-types.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { volumesOf } from '../domain/volumes.ts';
import { runInstances } from './ec2/instances/RunInstances.ts';
import type { OperationContext } from './operation.ts';

/** One instance of the image, unless the request says otherwise. */
export function runImage(
  context: OperationContext,
  image: Pick<ImageRow, 'id'>,
  more: Partial<RunInstancesRequest> = {},
): Promise<RunInstancesResult> {
  return runInstances.run({ ImageId: image.id, MinCount: 1, MaxCount: 1, ...more }, context);
}

/** The first of a launch. */
export function launched({ Instances = [] }: RunInstancesResult) {
  return Instances[0] as Instance & { InstanceId: string };
}

/** Launched of the image, with a second volume of 2 GiB at /dev/sdf; its volumes are settled. */
export async function insertRunningInstance(
  context: OperationContext,
  image: ImageRow,
  more: Partial<RunInstancesRequest> = {},
): Promise<InstanceRow> {
  const second = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2 } }];
  const made = await runImage(context, image, { BlockDeviceMappings: second, ...more });
  const { InstanceId: id } = launched(made);
  await context.catalog.write(async ({ volumes }) => {
    for (const volume of await volumes.list()) {
      if (volume.attachment?.instanceId !== id) continue;
      await volumes.update({ ...volume, state: 'in-use', layers: [{ number: 0 }] });
    }
  });
  return moveInstance(context, id, { state: 'running' });
}

/** Changes it as the driver would. */
export async function moveInstance(
  { catalog }: OperationContext,
  id: string,
  change: Partial<InstanceRow>,
): Promise<InstanceRow> {
  return catalog.write(async ({ instances }) => {
    const row = await instances.get(id);
    if (!row) throw new Error(`there is no instance ${id}`);
    return instances.update({ ...row, ...change });
  });
}

/** In the order of the machine's disks. */
export async function attachedVolumeIds(
  { catalog }: OperationContext,
  id: string,
): Promise<string[]> {
  return (await catalog.read((reader) => volumesOf(reader, { id }))).map((row) => row.id);
}
