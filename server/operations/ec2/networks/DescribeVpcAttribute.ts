import type {
  DescribeVpcAttributeRequest,
  DescribeVpcAttributeResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredVpc } from '../../../domain/networks.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

/** As in EC2's default VPCs: guests have names, which the name server of their subnet knows. */
const attributes = {
  enableDnsHostnames: { EnableDnsHostnames: { Value: true } },
  enableDnsSupport: { EnableDnsSupport: { Value: true } },
  enableNetworkAddressUsageMetrics: { EnableNetworkAddressUsageMetrics: { Value: false } },
} as const;

type Attribute = keyof typeof attributes;

export const describeVpcAttribute: Operation<
  DescribeVpcAttributeRequest,
  DescribeVpcAttributeResult
> = {
  accepts: ['VpcId', 'Attribute'],
  async run({ VpcId, Attribute }, { catalog, caller }) {
    const names = Object.keys(attributes) as Attribute[];
    const name = oneOf('attribute', Attribute, names) as Attribute;
    const vpc = await catalog.read((reader) => requiredVpc(reader, caller, VpcId));
    return { VpcId: vpc.id, ...attributes[name] };
  },
};
