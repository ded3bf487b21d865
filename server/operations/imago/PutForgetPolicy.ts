import type {
  PutForgetPolicyRequest,
  PutForgetPolicyResult,
} from '../../../api/imago-forget-policies.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { ForgetPolicyRow } from '../../catalog/rows/forget-policy.ts';
import {
  forgetPoliciesMax,
  forgetPolicyId,
  plannedForgetting,
} from '../../domain/backups/forget-policies.ts';
import { keepMembers, resticRulesOf } from '../../domain/backups/keep-rules.ts';
import { checkSchedule } from '../../domain/schedules.ts';
import { checkedTags } from '../../domain/tags.ts';
import type { Operation } from '../operation.ts';
import { forgetPolicyShape } from '../shapes/forget-policies.ts';

const namePattern = /^[A-Za-z0-9_.-]{1,64}$/;
const sourcePattern = /^(i|vol)-[0-9a-f]{8,17}$/;
const most = { sources: 1000, tags: 50 };
const usualSchedule = 'cron(30 4 * * ? *)';

export const putForgetPolicy: Operation<PutForgetPolicyRequest, PutForgetPolicyResult> = {
  accepts: ['PolicyName', 'SourceIds', 'TargetTags', ...keepMembers, 'Schedule', 'Enabled'],
  async run(input, { catalog, caller, clock }) {
    const {
      PolicyName: name,
      Schedule: expression = usualSchedule,
      Enabled: enabled = true,
    } = input;
    const now = clock.now();
    if (!namePattern.test(name)) {
      throw invalid(
        `PolicyName '${name}' is not of at most 64 letters (A to Z), digits, '_', '.' and '-'`,
      );
    }
    resticRulesOf(input);
    checkSchedule({ expression, timezone: input.Timezone }, now);
    const { account, region } = caller;
    const id = forgetPolicyId(caller, name);
    const said = { name, enabled, expression, ...targetsOf(input), keep: keepOf(input) };
    const row = await catalog.write(async ({ forgetPolicies }) => {
      const before = await forgetPolicies.get(id);
      if (!before) {
        const others = await forgetPolicies.list({ where: { account, region } });
        if (others.length >= forgetPoliciesMax) {
          throw new ServiceError(
            'LimitExceededException',
            `There are at most ${forgetPoliciesMax} policies in a region.`,
          );
        }
        const about = { id, account, region, createdAt: now.toISOString() };
        const made = plannedForgetting({ ...about, ...said }, now);
        await forgetPolicies.insert(made);
        return made;
      }
      const { sourceIds: _, targetTags: __, nextAt: ___, ...rest } = before;
      return forgetPolicies.update(plannedForgetting({ ...rest, ...said }, now));
    });
    return { Policy: forgetPolicyShape(row) };
  },
};

function targetsOf({ SourceIds: sourceIds = [], TargetTags = [] }: PutForgetPolicyRequest) {
  const wrong = sourceIds.find((id) => !sourcePattern.test(id));
  if (wrong !== undefined) throw invalid(`'${wrong}' is no id of an instance or a volume`);
  for (const tag of TargetTags) checkedTags([tag]);
  const targetTags = TargetTags.map(({ Key: key, Value: value }) => ({ key, value }));
  if (sourceIds.length > most.sources || targetTags.length > most.tags) {
    throw invalid(`A policy has at most ${most.sources} SourceIds and ${most.tags} TargetTags`);
  }
  if (sourceIds.length === 0 && targetTags.length === 0) {
    throw new ServiceError('MissingParameter', 'SourceIds or TargetTags are needed.');
  }
  return {
    ...(sourceIds.length > 0 && { sourceIds: [...new Set(sourceIds)] }),
    ...(targetTags.length > 0 && { targetTags }),
  };
}

function keepOf(input: PutForgetPolicyRequest): ForgetPolicyRow['keep'] {
  const said = keepMembers.map((member) => [member, input[member as keyof typeof input]]);
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `${message}.`);
}
