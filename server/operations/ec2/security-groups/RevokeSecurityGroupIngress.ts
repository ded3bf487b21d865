import type {
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { acceptedFlatRule, acceptedPermissions } from '../../requests/security-group-rules.ts';
import { revokeRules } from './revoke-rules.ts';

export const revokeSecurityGroupIngress: Operation<
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult
> = {
  accepts: [
    'GroupId',
    'GroupName',
    'SecurityGroupRuleIds',
    ...acceptedFlatRule,
    ...acceptedPermissions,
  ],
  run: (input, context) => revokeRules(input, 'ingress', context),
};
