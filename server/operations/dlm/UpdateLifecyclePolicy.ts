import type {
  UpdateLifecyclePolicyRequest,
  UpdateLifecyclePolicyResponse,
} from '../../../api/generated/dlm-types.ts';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import { planned, requiredPolicy } from '../../domain/backups/policies.ts';
import { checkScripts } from '../../domain/backups/scripts.ts';
import type { Operation } from '../operation.ts';
import {
  acceptedDetails,
  checkDefault,
  checkedDescription,
  checkedRole,
  checkedState,
  type DefaultRequest,
  defaultMembers,
  defaultSchedule,
  defaultsIn,
  everythingOf,
  fixedDetails,
  saidOf,
} from '../requests/backup-policy.ts';
import { invalid, type SchedulePlace } from '../requests/backup-schedule.ts';
import { policyShape } from '../shapes/backup-policies.ts';

/** What is left out stays; PolicyDetails are said as a whole. One in error begins anew. */
export const updateLifecyclePolicy: Operation<
  UpdateLifecyclePolicyRequest,
  UpdateLifecyclePolicyResponse
> = {
  accepts: [
    'PolicyId',
    'ExecutionRoleArn',
    'State',
    'Description',
    ...defaultMembers,
    ...acceptedDetails,
  ],
  fixed: fixedDetails,
  async run(input, { catalog, caller, clock, site }) {
    const now = clock.now();
    const place = { site, region: caller.region, now };
    const { State: state, Description: description, ExecutionRoleArn: role } = input;
    await catalog.write(async (transaction) => {
      const row = await requiredPolicy(transaction, caller, input.PolicyId);
      const { statusMessage, ...before } = detailed(row, input, place);
      const isAnew = state !== undefined || input.PolicyDetails !== undefined;
      const changed: BackupPolicyRow = {
        ...before,
        ...(!isAnew && statusMessage !== undefined && { statusMessage }),
        ...(state !== undefined && { state: checkedState(state) }),
        ...(description !== undefined && { description: checkedDescription(description) }),
        ...(role !== undefined && { executionRole: checkedRole(role) }),
        updatedAt: now.toISOString(),
      };
      if (input.PolicyDetails) await checkScripts(transaction, changed);
      if (changed.state === 'ERROR' && input.PolicyDetails) changed.state = 'ENABLED';
      if (row.state !== 'ENABLED' && changed.state === 'ENABLED') {
        // What passed while it was at rest is not made up for.
        changed.schedules = changed.schedules.map(({ nextAt: __, ...schedule }) => schedule);
      }
      await transaction.backupPolicies.update(planned(changed, now));
    });
    return {};
  },
};

function detailed(
  row: BackupPolicyRow,
  input: UpdateLifecyclePolicyRequest,
  place: SchedulePlace,
): BackupPolicyRow {
  const { PolicyDetails: details } = input;
  const defaults = defaultsIn(input);
  if (row.everything) {
    const DefaultPolicy = row.of === 'volumes' ? 'VOLUME' : 'INSTANCE';
    if (details) checkDefault({ ...input, DefaultPolicy }, details);
    const { CreateInterval, RetainInterval, CopyTags, ...told } =
      policyShape(row).PolicyDetails ?? {};
    const before: DefaultRequest = { ...told, CreateInterval, RetainInterval, CopyTags };
    const said = Object.fromEntries(
      defaultMembers.map((member) => [
        member,
        input[member] ?? details?.[member] ?? before[member],
      ]),
    );
    const everything = everythingOf(row.of, said, place);
    const [schedule] = row.schedules;
    const time = schedule && 'time' in schedule.creates ? schedule.creates.time : '00:00';
    const { nextAt } = schedule ?? {};
    return { ...row, everything, schedules: [{ ...defaultSchedule(everything, time), nextAt }] };
  }
  const wrong = defaultMembers.find((member) => defaults[member] !== undefined);
  if (wrong) throw invalid(`${wrong} is for default policies`);
  if (!details) return row;
  const kinds = policyShape(row).PolicyDetails ?? {};
  const { PolicyType = kinds.PolicyType, ResourceTypes = kinds.ResourceTypes } = details;
  const { TargetTags = kinds.TargetTags, Schedules = kinds.Schedules } = details;
  const { Parameters = kinds.Parameters } = details;
  const whole = { ...details, PolicyType, ResourceTypes, TargetTags, Schedules, Parameters };
  const { excludeBootVolume: _, excludeDataVolumeTags: __, reboot: ___, ...rest } = row;
  const said = saidOf({ PolicyDetails: whole }, place);
  if (PolicyType !== kinds.PolicyType || ResourceTypes?.join() !== kinds.ResourceTypes?.join()) {
    throw invalid('Type and resource type of a policy cannot be changed');
  }
  const schedules = said.schedules.map((schedule) => {
    const before = row.schedules.find(({ name }) => name === schedule.name);
    const isSame = JSON.stringify(before?.creates) === JSON.stringify(schedule.creates);
    return isSame ? { ...schedule, nextAt: before?.nextAt } : schedule;
  });
  return { ...rest, ...said, schedules };
}
