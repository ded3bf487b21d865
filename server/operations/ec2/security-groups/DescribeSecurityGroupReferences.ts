import type {
  DescribeSecurityGroupReferencesRequest,
  DescribeSecurityGroupReferencesResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredSecurityGroups } from '../../../domain/security-groups.ts';
import type { Operation } from '../../operation.ts';

/** References from peered VPCs: no VPC of Imago is peered, so that there are none. */
export const describeSecurityGroupReferences: Operation<
  DescribeSecurityGroupReferencesRequest,
  DescribeSecurityGroupReferencesResult
> = {
  accepts: ['GroupId'],
  async run({ GroupId: ids }, { catalog, caller }) {
    await catalog.read((reader) => requiredSecurityGroups(reader, caller, { ids }));
    return { SecurityGroupReferenceSet: [] };
  },
};
