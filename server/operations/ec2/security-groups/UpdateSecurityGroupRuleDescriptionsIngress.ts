import type {
  UpdateSecurityGroupRuleDescriptionsIngressRequest,
  UpdateSecurityGroupRuleDescriptionsIngressResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { acceptedDescriptions, updateRuleDescriptions } from './update-rule-descriptions.ts';

export const updateSecurityGroupRuleDescriptionsIngress: Operation<
  UpdateSecurityGroupRuleDescriptionsIngressRequest,
  UpdateSecurityGroupRuleDescriptionsIngressResult
> = {
  accepts: acceptedDescriptions,
  run: (input, context) => updateRuleDescriptions(input, 'ingress', context),
};
