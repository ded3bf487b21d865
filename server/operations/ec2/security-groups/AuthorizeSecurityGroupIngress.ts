import type {
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { acceptedFlatRule, acceptedPermissions } from '../../requests/security-group-rules.ts';
import { authorizeRules } from './authorize-rules.ts';

export const authorizeSecurityGroupIngress: Operation<
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult
> = {
  accepts: [
    'GroupId',
    'GroupName',
    'TagSpecifications',
    ...acceptedFlatRule,
    ...acceptedPermissions,
  ],
  run: (input, context) => authorizeRules(input, 'ingress', context),
};
