/**
 * What is wanted of a policy, as the form has it, and the request that comes of it. What a policy
 * has that the form does not show (scripts, shares, the archive, …) stays with it.
 */
import type { Input } from '../../api/wire.ts';
import { readTags } from '../../parts/read-tags.ts';
import type { Details, Policy, Rule, Schedule } from './policy.ts';

export const kinds = ['images', 'machines', 'volumes', 'allMachines', 'allVolumes'] as const;
/** The last two are default policies: for whatever has no recent backup. */
export type Kind = (typeof kinds)[number];

export const hoursChoices = [1, 2, 3, 4, 6, 8, 12, 24] as const;
export const units = ['DAYS', 'WEEKS', 'MONTHS', 'YEARS'] as const;
export const schedulesMax = 4;
export const copiesMax = 3;

export interface WantedAge {
  value: string;
  unit: string;
}

export interface WantedCopy {
  region: string;
  retain: WantedAge;
  isEncrypted: boolean;
  copiesTags: boolean;
  others: object;
}

export interface WantedSchedule {
  name: string;
  isCron: boolean;
  hours: string;
  /** Of the day, in UTC. */
  time: string;
  cron: string;
  /** By count or by age, as the policy has it. */
  count: string;
  age: WantedAge;
  copiesTags: boolean;
  /** Lines of `key=value`. */
  tags: string;
  /** In the words of the rule by which it is kept; empty: never. */
  deprecate: WantedAge;
  copies: WantedCopy[];
  others: Partial<Schedule>;
}

export interface Wanted {
  kind: Kind;
  description: string;
  isEnabled: boolean;
  /** Lines of `key=value`. */
  targets: string;
  keepsByAge: boolean;
  schedules: WantedSchedule[];
  /** Of images: the machine is stopped for the moment that it takes. */
  reboots: boolean;
  /** Of snapshots of machines. */
  withoutRoot: boolean;
  createDays: string;
  retainDays: string;
  copiesTags: boolean;
  extendsDeletion: boolean;
  regions: string[];
  others: Partial<Details>;
}

export const isDefault = (kind: Kind) => kind === 'allMachines' || kind === 'allVolumes';

export const newSchedule = (name: string): WantedSchedule => ({
  ...{ name, isCron: false, hours: '24', time: '03:00', cron: 'cron(0 3 ? * SUN *)' },
  ...{ count: '14', age: { value: '14', unit: 'DAYS' }, copiesTags: true, tags: '' },
  ...{ deprecate: { value: '', unit: 'DAYS' }, copies: [], others: {} },
});

export const newCopy = (region: string): WantedCopy => ({
  ...{ region, retain: { value: '1', unit: 'MONTHS' }, isEncrypted: false, copiesTags: true },
  others: {},
});

export const newPolicy = (scheduleName: string): Wanted => ({
  ...{ kind: 'images', description: '', isEnabled: true, targets: '', keepsByAge: false },
  schedules: [newSchedule(scheduleName)],
  ...{ reboots: false, withoutRoot: false, createDays: '1', retainDays: '7', copiesTags: false },
  ...{ extendsDeletion: false, regions: [], others: {} },
});

/** Nobody has a use for it here, and each client asks for it. */
export const roleOf = (account: string) =>
  `arn:aws:iam::${account}:role/service-role/AWSDataLifecycleManagerDefaultRole`;

export function createOf(wanted: Wanted, account: string): Input<'dlm', 'CreateLifecyclePolicy'> {
  return {
    ExecutionRoleArn: roleOf(account),
    Description: wanted.description,
    State: wanted.isEnabled ? 'ENABLED' : 'DISABLED',
    PolicyDetails: detailsOf(wanted),
  };
}

export function updateOf(wanted: Wanted, PolicyId: string): Input<'dlm', 'UpdateLifecyclePolicy'> {
  return {
    PolicyId,
    Description: wanted.description,
    State: wanted.isEnabled ? 'ENABLED' : 'DISABLED',
    PolicyDetails: detailsOf(wanted),
  };
}

export function detailsOf(wanted: Wanted): Details {
  const { kind, others } = wanted;
  const isImages = kind === 'images' || kind === 'allMachines';
  const PolicyType = isImages ? 'IMAGE_MANAGEMENT' : 'EBS_SNAPSHOT_MANAGEMENT';
  if (isDefault(kind)) return { ...others, PolicyType, ...defaultsOf(wanted) };
  return {
    ...others,
    PolicyType,
    ResourceTypes: [kind === 'volumes' ? 'VOLUME' : 'INSTANCE'],
    TargetTags: readTags(wanted.targets),
    Schedules: wanted.schedules.map((schedule) => scheduleOf(schedule, wanted)),
    ...parametersOf(wanted),
  };
}

function defaultsOf(wanted: Wanted): Details {
  return {
    PolicyLanguage: 'SIMPLIFIED',
    ResourceType: wanted.kind === 'allVolumes' ? 'VOLUME' : 'INSTANCE',
    CreateInterval: Number(wanted.createDays),
    RetainInterval: Number(wanted.retainDays),
    CopyTags: wanted.copiesTags,
    ExtendDeletion: wanted.extendsDeletion,
    CrossRegionCopyTargets: wanted.regions.map((TargetRegion) => ({ TargetRegion })),
  };
}

function parametersOf({ kind, reboots, withoutRoot, others }: Wanted): Pick<Details, 'Parameters'> {
  const before = others.Parameters;
  if (kind === 'images') return { Parameters: { ...before, NoReboot: !reboots } };
  if (kind !== 'machines') return {};
  return { Parameters: { ...before, ExcludeBootVolume: withoutRoot } };
}

function scheduleOf(schedule: WantedSchedule, { kind, keepsByAge }: Wanted): Schedule {
  const { name, count, age, deprecate, copiesTags, tags, copies, others } = schedule;
  const TagsToAdd = readTags(tags);
  const DeprecateRule = keepsByAge ? ageOf(deprecate) : countOf(deprecate.value);
  const isDeprecated = kind === 'images' && deprecate.value.trim() !== '';
  return {
    ...others,
    Name: name,
    CopyTags: copiesTags,
    CreateRule: createsOf(schedule),
    RetainRule: keepsByAge ? ageOf(age) : countOf(count),
    ...(TagsToAdd.length > 0 && { TagsToAdd }),
    ...(isDeprecated && { DeprecateRule }),
    ...(copies.length > 0 && {
      CrossRegionCopyRules: copies.map((copy) => copyOf(copy, kind)),
    }),
  };
}

function createsOf({ isCron, cron, hours, time, others }: WantedSchedule): Schedule['CreateRule'] {
  const Scripts = others.CreateRule?.Scripts;
  const scripts = Scripts && { Scripts };
  if (isCron) return { CronExpression: cron.trim(), ...scripts };
  return { Interval: Number(hours), IntervalUnit: 'HOURS', Times: [time], ...scripts };
}

function copyOf({ region, retain, isEncrypted, copiesTags, others }: WantedCopy, kind: Kind) {
  const isKept = retain.value.trim() !== '';
  return {
    ...others,
    ...(kind === 'images' ? { TargetRegion: region } : { Target: region }),
    Encrypted: isEncrypted,
    CopyTags: copiesTags,
    ...(isKept && { RetainRule: ageOf(retain) }),
  };
}

const countOf = (text: string): Rule => ({ Count: Number(text) });
const ageOf = ({ value, unit }: WantedAge): Rule => ({
  Interval: Number(value),
  IntervalUnit: unit,
});

const linesOf = (tags: readonly { Key: string; Value: string }[] = []) =>
  tags.map(({ Key, Value }) => `${Key}=${Value}`).join('\n');

/** Of a policy that is there. */
export function wantedOf(policy: Policy): Wanted {
  const details = policy.PolicyDetails ?? {};
  const { PolicyType, ResourceTypes = [], ResourceType, Schedules = [], Parameters } = details;
  const { TargetTags, CreateInterval, RetainInterval, CopyTags, ExtendDeletion } = details;
  const isVolumes = (ResourceTypes[0] ?? ResourceType) === 'VOLUME';
  const custom = isVolumes ? 'volumes' : PolicyType === 'IMAGE_MANAGEMENT' ? 'images' : 'machines';
  const whole = isVolumes ? 'allVolumes' : 'allMachines';
  const { CrossRegionCopyTargets: targets = [] } = details;
  return {
    ...newPolicy(''),
    kind: policy.DefaultPolicy ? whole : custom,
    description: policy.Description ?? '',
    isEnabled: policy.State !== 'DISABLED',
    targets: linesOf(TargetTags),
    keepsByAge: Schedules.some(({ RetainRule }) => RetainRule?.Interval !== undefined),
    schedules: Schedules.map(wantedSchedule),
    reboots: Parameters?.NoReboot === false,
    withoutRoot: Parameters?.ExcludeBootVolume ?? false,
    createDays: String(CreateInterval ?? 1),
    retainDays: String(RetainInterval ?? 7),
    copiesTags: CopyTags ?? false,
    extendsDeletion: ExtendDeletion ?? false,
    regions: targets.map(({ TargetRegion = '' }) => TargetRegion),
    others: details,
  };
}

function wantedSchedule(schedule: Schedule): WantedSchedule {
  const { Name = '', CreateRule, RetainRule, DeprecateRule, CopyTags, TagsToAdd } = schedule;
  const { CrossRegionCopyRules: copies = [], ...rest } = schedule;
  const { DeprecateRule: _, TagsToAdd: __, ...hidden } = rest;
  // Of lists that are empty the API would say that they are for policies of another kind.
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
  const others = Object.fromEntries(Object.entries(hidden).filter(([, value]) => !isEmpty(value)));
  const usual = newSchedule(Name);
  return {
    ...usual,
    isCron: CreateRule?.CronExpression !== undefined,
    hours: String(CreateRule?.Interval ?? usual.hours),
    time: CreateRule?.Times?.[0] ?? usual.time,
    cron: CreateRule?.CronExpression ?? usual.cron,
    count: String(RetainRule?.Count ?? usual.count),
    age: wantedAge(RetainRule, usual.age),
    copiesTags: CopyTags ?? false,
    tags: linesOf(TagsToAdd),
    deprecate:
      DeprecateRule?.Count === undefined
        ? wantedAge(DeprecateRule, usual.deprecate)
        : { value: String(DeprecateRule.Count), unit: 'DAYS' },
    copies: copies.map(({ TargetRegion, Target, Encrypted, ...rule }) => ({
      region: TargetRegion ?? Target ?? '',
      retain: wantedAge(rule.RetainRule, { value: '', unit: 'DAYS' }),
      isEncrypted: Encrypted,
      copiesTags: rule.CopyTags ?? false,
      others: { CmkArn: rule.CmkArn, DeprecateRule: rule.DeprecateRule },
    })),
    others,
  };
}

function wantedAge(rule: Rule | undefined, usual: WantedAge): WantedAge {
  if (rule?.Interval === undefined) return usual;
  return { value: String(rule.Interval), unit: rule.IntervalUnit ?? 'DAYS' };
}
