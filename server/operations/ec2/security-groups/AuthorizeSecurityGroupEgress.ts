import type {
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupEgressResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { acceptedPermissions } from '../../requests/security-group-rules.ts';
import { authorizeRules } from './authorize-rules.ts';

export const authorizeSecurityGroupEgress: Operation<
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupEgressResult
> = {
  accepts: ['GroupId', 'TagSpecifications', ...acceptedPermissions],
  run: (input, context) => authorizeRules(input, 'egress', context),
};
