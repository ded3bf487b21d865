import type {
  DescribeNetworkInterfaceAttributeRequest,
  DescribeNetworkInterfaceAttributeResult,
  NetworkInterface,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { requiredInterface } from '../../../domain/network-interfaces.ts';
import { requiredSecurityGroups } from '../../../domain/security-groups.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { networkInterfaceShape } from '../../shapes/network-interfaces.ts';

const attributes = {
  attachment: ({ Attachment }: NetworkInterface) => ({ Attachment }),
  associatePublicIpAddress: () => ({ AssociatePublicIpAddress: true }),
  description: ({ Description: Value }: NetworkInterface) => ({ Description: { Value } }),
  groupSet: ({ Groups }: NetworkInterface) => ({ Groups }),
  sourceDestCheck: ({ SourceDestCheck: Value }: NetworkInterface) => ({
    SourceDestCheck: { Value },
  }),
} as const;

type Attribute = keyof typeof attributes;

export const describeNetworkInterfaceAttribute: Operation<
  DescribeNetworkInterfaceAttributeRequest,
  DescribeNetworkInterfaceAttributeResult
> = {
  accepts: ['NetworkInterfaceId', 'Attribute'],
  async run({ NetworkInterfaceId: id, Attribute }, { catalog, caller }) {
    const attribute = oneOf('attribute', Attribute, Object.keys(attributes) as Attribute[]);
    if (attribute === undefined) {
      throw new ServiceError('MissingParameter', 'The request must contain Attribute.');
    }
    const shown = await catalog.read(async (reader) => {
      const row = await requiredInterface(reader, caller, id);
      const ids = row.securityGroupIds;
      const groups = await requiredSecurityGroups(reader, caller, { ids });
      return networkInterfaceShape(
        row,
        groups.map(({ id: GroupId, name: GroupName }) => ({ GroupId, GroupName })),
      );
    });
    return { NetworkInterfaceId: id, ...attributes[attribute](shown) };
  },
};
