import { setImmediate as turn } from 'node:timers/promises';
import type { SimulateBackupsRequest, SimulateBackupsResult } from '../../../api/imago-simulate.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import { keepMembers } from '../../domain/backups/keep-rules.ts';
import { requiredPolicy } from '../../domain/backups/policies.ts';
import {
  type SimulatedForgetting,
  type SimulatedPlan,
  type Simulation,
  simulate,
} from '../../domain/backups/simulation.ts';
import { checkSchedule } from '../../domain/schedules.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { acceptedDetails, fixedDetails, saidOf } from '../requests/backup-policy.ts';
import { simulatedDisk } from '../requests/simulated-disk.ts';
import { simulatedForgetting } from '../requests/simulated-forgetting.ts';
import { simulationShape } from '../shapes/simulation.ts';

/** Others have their turn after so long. */
const sliceMs = 10;
const daysMax = 366;

export const simulateBackups: Operation<SimulateBackupsRequest, SimulateBackupsResult> = {
  accepts: [
    ...['PolicyId', ...acceptedDetails, 'Schedule', ...keepMembers],
    ...['ForgetPolicyName', 'ForgetSchedule', 'SourceId'],
    ...['StartTime', 'Days', 'SizeGiB', 'DailyChangeMiB'],
  ],
  fixed: fixedDetails,
  async run(input, context) {
    const { StartTime: startAt = context.clock.now(), Days: days = 365 } = input;
    if (!Number.isInteger(days) || days < 1 || days > daysMax) {
      throw new ServiceError('InvalidParameterValue', `Days is from 1 to ${daysMax}.`);
    }
    const forgets = await simulatedForgetting(input, context, startAt);
    const plan = await planOf(input, forgets, context, startAt);
    const disk = await simulatedDisk(input, context);
    const { Timezone: timezone = forgets?.timezone } = input;
    const simulation = await inSlices(simulate(plan, { startAt, days, timezone, disk }));
    return simulationShape(simulation, { startAt, disk });
  },
};

async function planOf(
  input: SimulateBackupsRequest,
  forgets: SimulatedForgetting | undefined,
  { catalog, caller, site }: OperationContext,
  startAt: Date,
): Promise<SimulatedPlan> {
  const { PolicyId: id, PolicyDetails: details, Schedule: expression, Timezone } = input;
  if ([id, details, expression].filter((each) => each !== undefined).length !== 1) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'What makes backups is said by one of PolicyId, PolicyDetails and Schedule.',
    );
  }
  if (id !== undefined) {
    const policy = await catalog.read((reader) => requiredPolicy(reader, caller, id));
    return { policy, retains: true, forgets };
  }
  const { account, region } = caller;
  const policy: BackupPolicyRow = {
    ...{ id: 'policy-0', account, region, createdAt: startAt.toISOString() },
    ...{ description: 'simulated', state: 'ENABLED', executionRole: '', tags: {} },
    ...{ makes: 'images', of: 'instances', schedules: [] },
  };
  if (details) {
    const said = saidOf({ PolicyDetails: details }, { site, region, now: startAt });
    return { policy: { ...policy, ...said }, retains: true, forgets };
  }
  if (!forgets) {
    throw new ServiceError(
      'MissingParameter',
      'A rule is missing: with a Schedule alone nothing would ever be removed.',
    );
  }
  const creates = { expression: expression ?? '', timezone: Timezone };
  checkSchedule(creates, startAt);
  const none = { copyTags: false, tags: {}, variableTags: {}, copies: [], shares: [] };
  const schedule = { name: creates.expression, creates, retain: { count: 1 }, ...none };
  return { policy: { ...policy, schedules: [schedule] }, retains: false, forgets };
}

async function inSlices(work: Generator<undefined, Simulation>): Promise<Simulation> {
  let since = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - since < sliceMs) continue;
    await turn();
    since = performance.now();
  }
}
