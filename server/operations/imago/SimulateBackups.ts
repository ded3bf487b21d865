import { setImmediate as turn } from 'node:timers/promises';
import type { SimulateBackupsRequest, SimulateBackupsResult } from '../../../api/imago-simulate.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import { keepMembers, optionalRulesOf, resticRulesOf } from '../../domain/backups/keep-rules.ts';
import { requiredPolicy } from '../../domain/backups/policies.ts';
import { type SimulatedPlan, type Simulation, simulate } from '../../domain/backups/simulation.ts';
import { checkSchedule } from '../../domain/schedules.ts';
import { gibBytes, mibBytes } from '../../foundations/sizes.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { acceptedDetails, fixedDetails, saidOf } from '../requests/backup-policy.ts';

/** Others have their turn after so long. */
const sliceMs = 10;
const limits = { days: 366, sizeGiB: 65_536 };
const usual = { days: 365, sizeGiB: 8, changedShare: 0.01 };

export const simulateBackups: Operation<SimulateBackupsRequest, SimulateBackupsResult> = {
  accepts: [
    ...['PolicyId', ...acceptedDetails, 'Schedule', ...keepMembers],
    ...['StartTime', 'Days', 'SizeGiB', 'DailyChangeMiB'],
  ],
  fixed: fixedDetails,
  async run(input, context) {
    const { StartTime: startAt = context.clock.now(), Days: days = usual.days } = input;
    const { SizeGiB: sizeGiB = usual.sizeGiB, Timezone: timezone } = input;
    checkNumber('Days', days, 1, limits.days);
    checkNumber('SizeGiB', sizeGiB, 1, limits.sizeGiB);
    const sizeBytes = sizeGiB * gibBytes;
    const { DailyChangeMiB: changedMiB } = input;
    if (changedMiB !== undefined) checkNumber('DailyChangeMiB', changedMiB, 0, sizeGiB * 1024);
    const changedBytesPerDay =
      changedMiB === undefined ? sizeBytes * usual.changedShare : changedMiB * mibBytes;
    const plan = await planOf(input, context, startAt);
    const disk = { sizeBytes, changedBytesPerDay };
    const simulation = await inSlices(simulate(plan, { startAt, days, timezone, disk }));
    return shape(simulation, startAt);
  },
};

function checkNumber(member: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(`${member} is from ${min} to ${max}`);
}

async function planOf(
  input: SimulateBackupsRequest,
  { catalog, caller, site }: OperationContext,
  startAt: Date,
): Promise<SimulatedPlan> {
  const { PolicyId: id, PolicyDetails: details, Schedule: expression, Timezone } = input;
  const restic = expression === undefined ? optionalRulesOf(input) : resticRulesOf(input).rules;
  if ([id, details, expression].filter((each) => each !== undefined).length !== 1) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'What makes backups is said by one of PolicyId, PolicyDetails and Schedule.',
    );
  }
  if (id !== undefined) {
    const policy = await catalog.read((reader) => requiredPolicy(reader, caller, id));
    return { policy, retains: true, restic };
  }
  const { account, region } = caller;
  const policy: BackupPolicyRow = {
    ...{ id: 'policy-0', account, region, createdAt: startAt.toISOString() },
    ...{ description: 'simulated', state: 'ENABLED', executionRole: '', tags: {} },
    ...{ makes: 'images', of: 'instances', schedules: [] },
  };
  if (details) {
    const said = saidOf({ PolicyDetails: details }, { site, region, now: startAt });
    return { policy: { ...policy, ...said }, retains: true, restic };
  }
  const creates = { expression: expression ?? '', timezone: Timezone };
  checkSchedule(creates, startAt);
  const none = { copyTags: false, tags: {}, variableTags: {}, copies: [], shares: [] };
  const schedule = { name: creates.expression, creates, retain: { count: 1 }, ...none };
  return { policy: { ...policy, schedules: [schedule] }, retains: false, restic };
}

async function inSlices<Result>(work: Generator<undefined, Result>): Promise<Result> {
  let since = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - since < sliceMs) continue;
    await turn();
    since = performance.now();
  }
}

function shape({ firstAt, days, left }: Simulation, startAt: Date): SimulateBackupsResult {
  const sum = (of: 'made' | 'removed') => days.reduce((total, day) => total + day[of], 0);
  const most = (of: 'kept' | 'bytes') => Math.max(...days.map((day) => day[of]));
  return {
    StartTime: startAt,
    NextTime: firstAt === undefined ? undefined : new Date(firstAt),
    Made: sum('made'),
    Removed: sum('removed'),
    Kept: left.length,
    Bytes: days.at(-1)?.bytes ?? 0,
    MostKept: most('kept'),
    MostBytes: most('bytes'),
    Days: days.map((day) => ({
      Date: day.date,
      Made: day.made,
      Removed: day.removed,
      Archived: day.archived,
      Kept: day.kept,
      Bytes: day.bytes,
      Left: day.left,
      Schedules: day.schedules.map(({ name, made, kept }) => ({
        Name: name,
        Made: made,
        Kept: kept,
      })),
    })),
    Left: left.map(({ backup, reasons }) => ({
      CreateTime: new Date(backup.createdAt),
      Schedules: [...backup.schedules],
      IsArchived: backup.archivedAt !== undefined,
      Reasons: reasons,
    })),
  };
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `${message}.`);
}
