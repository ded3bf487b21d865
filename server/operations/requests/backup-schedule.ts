/** What requests say of the schedules of backup policies. */
import type {
  CreateRule,
  CrossRegionCopyRule,
  FastRestoreRule,
  Schedule,
  Script,
  ShareRule,
  Tag,
} from '../../../api/generated/dlm-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type {
  Age,
  AgeUnit,
  BackupPolicyRow,
  BackupSchedule,
  BackupScripts,
  CopyRule,
  Retention,
} from '../../catalog/rows/backup-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { inDays } from '../../domain/backups/ages.ts';
import { nextOf } from '../../domain/backups/policies.ts';
import { requestedZones } from '../../domain/fast-restores.ts';
import { checkSchedule } from '../../domain/schedules.ts';
import type { Site } from '../../domain/site.ts';
import { checkedCount, checkedTags } from '../../domain/tags.ts';

/** As documented. */
const intervals = [1, 2, 3, 4, 6, 8, 12, 24];
const units: readonly string[] = ['DAYS', 'WEEKS', 'MONTHS', 'YEARS'] satisfies AgeUnit[];
const most = { count: 1000, days: 36_500, deprecateDays: 3650, copies: 3, zones: 10, tags: 45 };
const namePattern = /^[0-9A-Za-z _-]{1,120}$/;
const keyPattern = /^arn:aws(-[a-z]{1,3}){0,2}:kms:([a-z]+-){2,3}\d:\d+:key\/.+$/;
const archiveDays = { every: 28, kept: 90 };
const dayMs = 24 * 60 * 60_000;
const variables = ['$(instance-id)', '$(timestamp)'];
const accountPattern = /^[0-9]{12}$/;
/** Of Windows and of SAP, which there are not here. */
const servicesDocuments = ['AWS_VSS_BACKUP', 'AWSSystemsManagerSAP-CreateDLMSnapshotForSAPHANA'];
const handlerPattern = /^[a-zA-Z0-9_\-.:/]{3,200}$/;
/** Of seconds AWS demands 10 at least. */
const scriptLimits = { seconds: { min: 1, max: 120 }, retries: { min: 0, max: 3 } };
const timePattern = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;

export interface SchedulePlace {
  site: Site;
  region: string;
  now: Date;
}

type Kind = Pick<BackupPolicyRow, 'makes' | 'of'>;

export function scheduleOf(
  asked: Schedule,
  index: number,
  kind: Kind,
  place: SchedulePlace,
): BackupSchedule {
  const { Name: name = `Schedule ${index + 1}`, CreateRule: create, RetainRule: retain } = asked;
  if (!namePattern.test(name)) {
    throw invalid("A schedule's Name has from 1 to 120 letters, digits, spaces, _ and -");
  }
  if (!create) throw invalid(`The schedule '${name}' has no CreateRule`);
  if (!retain) throw invalid(`The schedule '${name}' has no RetainRule`);
  checkKind(asked, kind, name);
  const hasArchive = asked.ArchiveRule !== undefined;
  const schedule: BackupSchedule = {
    name,
    creates: createsOf(create, place.now),
    ...scriptsIn(create, kind, name),
    copyTags: asked.CopyTags ?? false,
    tags: tagsOf(upTo(most.tags, 'TagsToAdd', asked.TagsToAdd)),
    variableTags: variableTags(asked.VariableTags),
    retain: retentionOf('RetainRule', retain, { min: hasArchive ? 0 : 1, maxDays: most.days }),
    copies: copiesOf(asked.CrossRegionCopyRules ?? [], kind, place),
    shares: upTo(1, 'ShareRules', asked.ShareRules).map(shareOf),
  };
  const hasMore = schedule.copies.length + schedule.shares.length > 0 || asked.FastRestoreRule;
  if (hasMore && isNone(schedule.retain)) {
    throw invalid('What is copied, shared or restored fast is retained for 1 or more: RetainRule');
  }
  const { DeprecateRule: deprecate, FastRestoreRule: fast, ArchiveRule: archive } = asked;
  if (deprecate) {
    const limits = { min: 1, maxDays: most.deprecateDays };
    schedule.deprecate = retentionOf('DeprecateRule', deprecate, limits);
    checkWithin('DeprecateRule', schedule.deprecate, schedule.retain);
  }
  if (fast) {
    schedule.fastRestore = fastRestoreOf(fast, place);
    checkWithin('FastRestoreRule', schedule.fastRestore.for, schedule.retain);
  }
  if (archive) {
    const tier = archive.RetainRule.RetentionArchiveTier;
    schedule.archive = retentionOf('ArchiveRule', tier, { min: 1, maxDays: most.days });
    checkArchive(schedule, schedule.archive, place.now);
  }
  return schedule;
}

function isNone(retain: Retention): boolean {
  return ('count' in retain ? retain.count : retain.age.value) === 0;
}

/** What is for other policies. An empty list asks for nothing: what is told can be said again. */
function checkKind(asked: Schedule, { makes, of }: Kind, name: string): void {
  const isVolumes = of === 'volumes';
  const refused = {
    DeprecateRule: makes !== 'images',
    FastRestoreRule: makes !== 'snapshots',
    ShareRules: makes !== 'snapshots',
    ArchiveRule: makes !== 'snapshots' || !isVolumes,
    VariableTags: isVolumes,
  };
  for (const [member, isRefused] of Object.entries(refused)) {
    const said = asked[member as keyof typeof refused];
    if (!isRefused || said === undefined || (Array.isArray(said) && said.length === 0)) continue;
    throw invalid(`${member} of the schedule '${name}' is for policies of another kind`);
  }
}

function createsOf(asked: CreateRule, now: Date): BackupSchedule['creates'] {
  const { Interval: hours, Times: times, CronExpression: expression } = asked;
  if ((hours === undefined) === (expression === undefined)) {
    throw invalid('A CreateRule has either a CronExpression or an Interval');
  }
  if (expression !== undefined) {
    if (times !== undefined) throw invalid('Times is for an Interval');
    // Rates are none of this service's.
    if (!expression.startsWith('cron(')) throw invalid(`'${expression}' is not cron(…)`);
    checkSchedule({ expression }, now);
    return { expression };
  }
  if (!intervals.includes(hours ?? 0)) throw invalid(`Interval is one of ${intervals.join(', ')}`);
  if (times !== undefined && times.length !== 1) throw invalid('Times has one time');
  // Where none is said, AWS chooses one of the next day; here it is the next minute.
  const [time = new Date(now.getTime() + 60_000).toISOString().slice(11, 16)] = times ?? [];
  if (!timePattern.test(time)) throw invalid(`'${time}' is not of the form hh:mm`);
  return { hours: hours ?? 0, time };
}

function scriptsIn(
  { Scripts: asked = [] }: CreateRule,
  { makes, of }: Kind,
  name: string,
): Pick<BackupSchedule, 'scripts'> {
  const [script, ...more] = asked;
  if (!script) return {};
  if (more.length > 0) throw invalid('A CreateRule has at most one of Scripts');
  if (makes !== 'snapshots' || of !== 'instances') {
    throw invalid(`Scripts of the schedule '${name}' is for snapshots of instances`);
  }
  return { scripts: scriptsOf(script) };
}

function scriptsOf(asked: Script): BackupScripts {
  const { Stages: stages = ['PRE', 'POST'], ExecutionHandler: document } = asked;
  const { ExecuteOperationOnScriptFailure: goesOn, ExecutionTimeout: timeoutSeconds = 10 } = asked;
  const { MaximumRetryCount: retries = 0 } = asked;
  const wrong = stages.find((each) => each !== 'PRE' && each !== 'POST');
  if (wrong !== undefined || stages.length === 0 || new Set(stages).size < stages.length) {
    throw invalid('Stages are PRE, POST, or both');
  }
  if (servicesDocuments.includes(document) || !handlerPattern.test(document)) {
    throw invalid(
      `ExecutionHandler '${document}' is not the name or the ARN of a document of one's own, which is all that there is here`,
    );
  }
  if (!isIn(timeoutSeconds, scriptLimits.seconds)) {
    throw invalid('ExecutionTimeout is from 1 to 120 seconds');
  }
  if (!isIn(retries, scriptLimits.retries)) throw invalid('MaximumRetryCount is from 0 to 3');
  const pre = stages.includes('PRE');
  if (!pre && goesOn !== undefined) {
    throw invalid('ExecuteOperationOnScriptFailure is for the stage PRE');
  }
  const isNeeded = goesOn === false;
  return { document, pre, post: stages.includes('POST'), isNeeded, timeoutSeconds, retries };
}

function isIn(value: number, { min, max }: { min: number; max: number }): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

interface RuleRequest {
  Count?: number;
  Interval?: number;
  IntervalUnit?: string;
}

function retentionOf(
  member: string,
  { Count: count, Interval, IntervalUnit }: RuleRequest,
  { min, maxDays }: { min: number; maxDays: number },
): Retention {
  if ((count === undefined) === (Interval === undefined)) {
    throw invalid(`${member} has either a Count or an Interval`);
  }
  if (count === undefined)
    return { age: ageOf(member, { Interval, IntervalUnit }, { min, maxDays }) };
  if (IntervalUnit !== undefined) throw invalid(`IntervalUnit of ${member} is for an Interval`);
  if (Number.isInteger(count) && count >= min && count <= most.count) return { count };
  throw invalid(`The Count of ${member} is from ${min} to ${most.count}`);
}

export function ageOf(
  member: string,
  { Interval: value = 0, IntervalUnit: unit = '' }: RuleRequest,
  { min, maxDays }: { min: number; maxDays: number },
): Age {
  if (!units.includes(unit))
    throw invalid(`IntervalUnit of ${member} is one of ${units.join(', ')}`);
  const age = { value, unit: unit as AgeUnit };
  if (Number.isInteger(value) && value >= min && inDays(age) <= maxDays) return age;
  throw invalid(`The Interval of ${member} is from ${min} to ${maxDays} days`);
}

/** Of the same kind, and not for longer. */
function checkWithin(member: string, rule: Retention, retain: Retention): void {
  if ('count' in rule && 'count' in retain && rule.count <= retain.count) return;
  if ('age' in rule && 'age' in retain && inDays(rule.age) <= inDays(retain.age)) return;
  throw invalid(`${member} must be of the kind of the RetainRule, and not be more`);
}

function checkArchive(schedule: BackupSchedule, archive: Retention, now: Date): void {
  if ('count' in archive !== 'count' in schedule.retain) {
    throw invalid('ArchiveRule must be of the kind of the RetainRule');
  }
  const next = nextOf(schedule, now);
  const second = next && nextOf(schedule, next);
  const everyMs = next && second ? second.getTime() - next.getTime() : Number.POSITIVE_INFINITY;
  if (everyMs < archiveDays.every * dayMs) {
    throw invalid(`A schedule with an ArchiveRule is at least ${archiveDays.every} days apart`);
  }
  const kept = 'age' in archive ? inDays(archive.age) : (archive.count * everyMs) / dayMs;
  if (kept >= archiveDays.kept) return;
  throw invalid(`ArchiveRule keeps snapshots for at least ${archiveDays.kept} days`);
}

function copiesOf(asked: readonly CrossRegionCopyRule[], kind: Kind, place: SchedulePlace) {
  if (asked.length > most.copies) throw invalid(`There are at most ${most.copies} copy rules`);
  const rules = asked.map((rule): CopyRule => {
    const { TargetRegion, Target, Encrypted: encrypted, CmkArn: kmsKeyId, CopyTags } = rule;
    if (TargetRegion !== undefined && Target !== undefined) {
      throw invalid('A copy rule has either a TargetRegion or a Target');
    }
    if (kind.makes === 'images' && Target !== undefined) {
      throw invalid('Target is for snapshots: images are copied to a TargetRegion');
    }
    if (rule.DeprecateRule && kind.makes !== 'images') {
      throw invalid('DeprecateRule of a copy rule is for images');
    }
    if (kmsKeyId !== undefined && !encrypted)
      throw invalid('CmkArn is for a copy that is Encrypted');
    const limits = { min: 1, maxDays: most.days };
    if (kmsKeyId !== undefined && !keyPattern.test(kmsKeyId)) {
      throw invalid(`CmkArn '${kmsKeyId}' is not the ARN of a key`);
    }
    const copy: CopyRule = {
      region: copyRegion(TargetRegion ?? Target, place),
      encrypted,
      kmsKeyId,
      copyTags: CopyTags ?? false,
    };
    if (rule.RetainRule) copy.retain = ageOf('RetainRule', rule.RetainRule, limits);
    if (!rule.DeprecateRule) return copy;
    const ofImages = { ...limits, maxDays: most.deprecateDays };
    copy.deprecate = ageOf('DeprecateRule', rule.DeprecateRule, ofImages);
    const { deprecate: age, retain } = copy;
    if (retain) checkWithin('DeprecateRule of a copy rule', { age }, { age: retain });
    return copy;
  });
  const regions = rules.map(({ region }) => region);
  if (new Set(regions).size < regions.length) throw invalid('A region is there twice');
  return rules;
}

export function copyRegion(region: string | undefined, { site, region: own }: SchedulePlace) {
  if (region === undefined) throw invalid('A copy rule has no region');
  if (region === own) throw invalid(`'${region}' is the region of the policy itself`);
  if (site.regions.includes(region)) return region;
  throw invalid(`There is no region '${region}' here. There are: ${site.regions.join(', ')}`);
}

function fastRestoreOf(asked: FastRestoreRule, { site, region }: SchedulePlace) {
  const { AvailabilityZones, AvailabilityZoneIds } = asked;
  const names = AvailabilityZones && upTo(most.zones, 'AvailabilityZones', AvailabilityZones);
  const ids = AvailabilityZoneIds && upTo(most.zones, 'AvailabilityZoneIds', AvailabilityZoneIds);
  const rule = retentionOf('FastRestoreRule', asked, { min: 1, maxDays: most.days });
  const zones = requestedZones(site, region, names, ids);
  return { zones, ...(ids && { byIds: true }), for: rule };
}

function shareOf({ TargetAccounts: accounts, ...until }: ShareRule): BackupSchedule['shares'][0] {
  const wrong = accounts.find((each) => !accountPattern.test(each));
  if (wrong !== undefined) throw invalid(`'${wrong}' is no account`);
  if (accounts.length === 0) throw invalid('A share rule names no accounts');
  const { UnshareInterval: Interval, UnshareIntervalUnit: IntervalUnit } = until;
  if (Interval === undefined && IntervalUnit === undefined) return { accounts };
  const limits = { min: 1, maxDays: most.days };
  return { accounts, until: ageOf('UnshareInterval', { Interval, IntervalUnit }, limits) };
}

export function tagsOf(asked: readonly Tag[] = []): Tags {
  return checkedTags(asked);
}

/** Of a policy itself, with those that it has. */
export function policyTags(asked: Record<string, string> = {}, before: Tags = {}): Tags {
  const pairs = Object.entries(asked).map(([Key, Value]) => ({ Key, Value }));
  return checkedCount({ ...before, ...tagsOf(pairs) });
}

function variableTags(said: readonly Tag[] | undefined): Tags {
  const asked = upTo(most.tags, 'VariableTags', said);
  const wrong = asked.find(({ Value }) => !variables.includes(Value));
  if (wrong) throw invalid(`The value of a variable tag is one of ${variables.join(', ')}`);
  return tagsOf(asked);
}

/** Of a list no more than AWS takes. */
export function upTo<Each>(max: number, member: string, asked: readonly Each[] = []): Each[] {
  if (asked.length <= max) return [...asked];
  throw invalid(`${member} has at most ${max}`);
}

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidRequestException', `${message}.`);
}
