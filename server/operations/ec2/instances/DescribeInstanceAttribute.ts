import type {
  DescribeInstanceAttributeRequest,
  Instance,
  InstanceAttribute,
} from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { readInstanceParts, reservationShapes } from '../../shapes/instances.ts';

/** What is shown of the instance, and its row for what EC2 shows here only. */
type Shape = (shown: Instance, row: InstanceRow) => InstanceAttribute;

/** All of EC2's but enaSupport, which it does not answer here either. */
const attributes = {
  blockDeviceMapping: ({ BlockDeviceMappings }) => ({ BlockDeviceMappings }),
  disableApiStop: (_, row) => ({ DisableApiStop: { Value: row.disableApiStop ?? false } }),
  disableApiTermination: (_, row) => ({
    DisableApiTermination: { Value: row.disableApiTermination ?? false },
  }),
  ebsOptimized: ({ EbsOptimized: Value }) => ({ EbsOptimized: { Value } }),
  enclaveOptions: ({ EnclaveOptions }) => ({ EnclaveOptions }),
  groupSet: ({ SecurityGroups: Groups }) => ({ Groups }),
  instanceInitiatedShutdownBehavior: (_, { shutdownBehavior: Value }) => ({
    InstanceInitiatedShutdownBehavior: { Value },
  }),
  instanceType: ({ InstanceType: Value }) => ({ InstanceType: { Value } }),
  kernel: () => ({ KernelId: {} }),
  productCodes: ({ ProductCodes = [] }) => ({ ProductCodes }),
  ramdisk: () => ({ RamdiskId: {} }),
  rootDeviceName: ({ RootDeviceName: Value }) => ({ RootDeviceName: { Value } }),
  sourceDestCheck: ({ SourceDestCheck: Value }) => ({ SourceDestCheck: { Value } }),
  sriovNetSupport: ({ SriovNetSupport: Value }) => ({ SriovNetSupport: { Value } }),
  userData: (_, { userData: Value }) => ({ UserData: { Value } }),
} satisfies Record<string, Shape>;

const names = Object.keys(attributes) as (keyof typeof attributes)[];

export const describeInstanceAttribute: Operation<
  DescribeInstanceAttributeRequest,
  InstanceAttribute
> = {
  accepts: ['InstanceId', 'Attribute'],
  async run({ InstanceId: id, Attribute }, { catalog, caller, site }) {
    const name = oneOf('Attribute', Attribute, names) as keyof typeof attributes;
    return catalog.read(async (reader) => {
      const row = await requiredInstance(reader, caller, id);
      const [reservation] = reservationShapes([row], await readInstanceParts(reader, [row], site));
      const shape: Shape = attributes[name];
      return { InstanceId: id, ...shape(reservation?.Instances?.[0] ?? {}, row) };
    });
  },
};
