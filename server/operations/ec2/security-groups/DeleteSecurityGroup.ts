import type {
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
} from '../../../../api/generated/ec2-types.ts';
import { deleteGroup, requiredSecurityGroup } from '../../../domain/security-groups.ts';
import type { Operation } from '../../operation.ts';

export const deleteSecurityGroup: Operation<DeleteSecurityGroupRequest, DeleteSecurityGroupResult> =
  {
    accepts: ['GroupId', 'GroupName'],
    async run(input, { catalog, caller }) {
      const id = await catalog.write(async (transaction) => {
        const group = await requiredSecurityGroup(transaction, caller, input);
        await deleteGroup(transaction, group);
        return group.id;
      });
      return { Return: true, GroupId: id };
    },
  };
