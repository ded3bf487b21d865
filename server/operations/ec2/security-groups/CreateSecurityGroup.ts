import type {
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { SecurityGroupRow } from '../../../catalog/rows/network.ts';
import { defaultVpc, requiredVpc } from '../../../domain/networks.ts';
import { addRules, defaultEgress } from '../../../domain/security-group-rules.ts';
import { checkGroupDescription, checkGroupName } from '../../../domain/security-groups.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { securityGroupArn } from '../../shapes/security-groups.ts';
import { tagList } from '../../shapes/tags.ts';

export const createSecurityGroup: Operation<CreateSecurityGroupRequest, CreateSecurityGroupResult> =
  {
    accepts: ['GroupName', 'Description', 'VpcId', 'TagSpecifications'],
    async run(input, { catalog, caller, clock, ids }) {
      const { GroupName: name, Description: description, VpcId } = input;
      checkGroupName(name);
      checkGroupDescription(description);
      const tags = tagsOfSpecifications(input.TagSpecifications, ['security-group']);
      const { account, region } = caller;
      const row = await catalog.write(async (transaction): Promise<SecurityGroupRow> => {
        const { id: vpcId } = VpcId
          ? await requiredVpc(transaction, caller, VpcId)
          : await defaultVpc(transaction, caller);
        if ((await transaction.securityGroups.count({ where: { vpcId, name } })) > 0) {
          throw new ServiceError(
            'InvalidGroup.Duplicate',
            `The security group '${name}' already exists for VPC '${vpcId}'`,
          );
        }
        const made = {
          id: ids.resource('sg'),
          account,
          region,
          createdAt: clock.now().toISOString(),
          name,
          description,
          vpcId,
          tags: tags['security-group'],
        };
        await transaction.securityGroups.insert(made);
        await addRules(transaction, made, 'egress', [defaultEgress], { clock, ids });
        return made;
      });
      return {
        GroupId: row.id,
        SecurityGroupArn: securityGroupArn(row),
        Tags: tagList(row.tags),
      };
    },
  };
