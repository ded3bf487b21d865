/**
 * By which of restic's rules a simulation forgets, and when: a policy's that is there, or what is
 * said.
 */
import type { KeepRules } from '../../../api/imago-keep-rules.ts';
import type { SimulateBackupsRequest } from '../../../api/imago-simulate.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { requiredForgetPolicy } from '../../domain/backups/forget-policies.ts';
import { keepMembers, optionalRulesOf, resticRulesOf } from '../../domain/backups/keep-rules.ts';
import type { SimulatedForgetting } from '../../domain/backups/simulation.ts';
import { checkSchedule } from '../../domain/schedules.ts';
import type { OperationContext } from '../operation.ts';

/** Nothing, where no rules are said. */
export async function simulatedForgetting(
  input: SimulateBackupsRequest,
  { catalog, caller }: Pick<OperationContext, 'catalog' | 'caller'>,
  startAt: Date,
): Promise<SimulatedForgetting | undefined> {
  const { ForgetPolicyName: name, ForgetSchedule: expression, Timezone: timezone } = input;
  const rules = optionalRulesOf(rulesIn(input));
  if (name !== undefined) {
    if (rules || expression !== undefined) {
      throw new ServiceError(
        'InvalidParameterCombination',
        'What is forgotten is said by ForgetPolicyName, or by rules and ForgetSchedule, and not by both.',
      );
    }
    const policy = await catalog.read((reader) => requiredForgetPolicy(reader, caller, name));
    const said = resticRulesOf(policy.keep as KeepRules);
    return { ...said, at: { expression: policy.expression, timezone: said.timezone } };
  }
  if (expression === undefined) return rules && { rules, timezone };
  if (!rules) {
    throw new ServiceError('MissingParameter', 'A rule is missing for ForgetSchedule.');
  }
  const at = { expression, timezone };
  checkSchedule(at, startAt);
  return { rules, timezone, at };
}

function rulesIn(input: SimulateBackupsRequest): KeepRules {
  const said = keepMembers.map((member) => [member, input[member as keyof KeepRules]]);
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}
