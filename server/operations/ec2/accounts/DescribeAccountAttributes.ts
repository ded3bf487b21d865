import type {
  DescribeAccountAttributesRequest,
  DescribeAccountAttributesResult,
} from '../../../../api/generated/ec2-types.ts';
import { instancesMax } from '../../../domain/launch.ts';
import { securityGroupsMax } from '../../../domain/launch-network.ts';
import { defaultVpc } from '../../../domain/networks.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

const names = [
  'default-vpc',
  'max-elastic-ips',
  'max-instances',
  'supported-platforms',
  'vpc-max-elastic-ips',
  'vpc-max-security-groups-per-interface',
] as const;

export const describeAccountAttributes: Operation<
  DescribeAccountAttributesRequest,
  DescribeAccountAttributesResult
> = {
  accepts: ['AttributeNames'],
  async run({ AttributeNames: wanted = [] }, { catalog, caller }) {
    for (const name of wanted) oneOf('AttributeName', name, names);
    const vpc = await catalog.read((reader) => defaultVpc(reader, caller));
    const values: Record<(typeof names)[number], string> = {
      'default-vpc': vpc.id,
      // There are none: an instance's own address is as good.
      'max-elastic-ips': '0',
      'max-instances': String(instancesMax),
      'supported-platforms': 'VPC',
      'vpc-max-elastic-ips': '0',
      'vpc-max-security-groups-per-interface': String(securityGroupsMax),
    };
    return {
      AccountAttributes: names
        .filter((name) => wanted.length === 0 || wanted.includes(name))
        .map((AttributeName) => ({
          AttributeName,
          AttributeValues: [{ AttributeValue: values[AttributeName] }],
        })),
    };
  },
};
