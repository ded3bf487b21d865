import type {
  RevokeSecurityGroupEgressRequest,
  RevokeSecurityGroupEgressResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { acceptedPermissions } from '../../requests/security-group-rules.ts';
import { revokeRules } from './revoke-rules.ts';

export const revokeSecurityGroupEgress: Operation<
  RevokeSecurityGroupEgressRequest,
  RevokeSecurityGroupEgressResult
> = {
  accepts: ['GroupId', 'SecurityGroupRuleIds', ...acceptedPermissions],
  run: (input, context) => revokeRules(input, 'egress', context),
};
