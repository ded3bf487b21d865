/** What requests say of backup policies, custom and default ones. */
import type {
  CreateLifecyclePolicyRequest,
  PolicyDetails,
  Tag as TagRequest,
} from '../../../api/generated/dlm-types.ts';
import type {
  BackupPolicyRow,
  BackupSchedule,
  Everything,
  Tag,
} from '../../catalog/rows/backup-policy.ts';
import { isVolumeType } from '../../domain/volume-types.ts';
import {
  copyRegion,
  invalid,
  type SchedulePlace,
  scheduleOf,
  tagsOf,
  upTo,
} from './backup-schedule.ts';
import { isRoleArn } from './role-arns.ts';

/** Members of PolicyDetails that have an effect. */
export const acceptedDetails = [
  'PolicyType',
  'ResourceTypes',
  'TargetTags',
  'Schedules.Name',
  'Schedules.CopyTags',
  'Schedules.TagsToAdd',
  'Schedules.VariableTags',
  'Schedules.CreateRule.Interval',
  'Schedules.CreateRule.Times',
  'Schedules.CreateRule.CronExpression',
  'Schedules.CreateRule.Scripts.Stages',
  'Schedules.CreateRule.Scripts.ExecutionHandler',
  'Schedules.CreateRule.Scripts.ExecuteOperationOnScriptFailure',
  'Schedules.CreateRule.Scripts.ExecutionTimeout',
  'Schedules.CreateRule.Scripts.MaximumRetryCount',
  'Schedules.RetainRule',
  'Schedules.FastRestoreRule',
  'Schedules.CrossRegionCopyRules',
  'Schedules.ShareRules',
  'Schedules.DeprecateRule',
  'Schedules.ArchiveRule',
  'Parameters',
  'PolicyLanguage',
  'ResourceType',
  'CreateInterval',
  'RetainInterval',
  'CopyTags',
  'CrossRegionCopyTargets',
  'ExtendDeletion',
  'Exclusions',
].map((member) => `PolicyDetails.${member}`);

/** What an Imago has one of. */
export const fixedDetails = {
  'PolicyDetails.ResourceLocations': 'CLOUD',
  'PolicyDetails.Schedules.CreateRule.Location': 'CLOUD',
  'PolicyDetails.Schedules.CreateRule.IntervalUnit': 'HOURS',
  'PolicyDetails.Schedules.CreateRule.Scripts.ExecutionHandlerService': 'AWS_SYSTEMS_MANAGER',
};

/** Of default policies, in the request itself. */
export const defaultMembers = [
  'CreateInterval',
  'RetainInterval',
  'CopyTags',
  'ExtendDeletion',
  'CrossRegionCopyTargets',
  'Exclusions',
] as const;

export type DefaultRequest = Pick<PolicyDetails, (typeof defaultMembers)[number]>;

/** As documented. */
const schedulesMax = 4;
const days = { create: { min: 1, max: 7, usual: 1 }, retain: { min: 2, max: 14, usual: 7 } };
const exclusionsMax = { types: 6, tags: 50, regions: 3 };
const targetTagsMax = 50;
/** Of PolicyDetails: what a default policy has none of. */
const customMembers = ['TargetTags', 'Schedules', 'Parameters', 'ResourceTypes'] as const;
const textPattern = /^[0-9A-Za-z _-]{1,500}$/;

export type Said = Pick<
  BackupPolicyRow,
  | 'makes'
  | 'of'
  | 'targetTags'
  | 'everything'
  | 'schedules'
  | 'excludeBootVolume'
  | 'excludeDataVolumeTags'
  | 'reboot'
>;

/** A request of a default policy, read as a whole before anything of it is refused. */
function readDefaults(asked: DefaultRequest): DefaultRequest {
  const { CreateInterval, RetainInterval, CopyTags, ExtendDeletion, Exclusions } = asked;
  const CrossRegionCopyTargets = asked.CrossRegionCopyTargets?.map(({ TargetRegion }) => ({
    TargetRegion,
  }));
  const { ExcludeBootVolumes, ExcludeVolumeTypes, ExcludeTags } = Exclusions ?? {};
  const tags = ExcludeTags?.map(({ Key, Value }) => ({ Key, Value }));
  const said = { ExcludeBootVolumes, ExcludeVolumeTypes, ExcludeTags: tags };
  return {
    ...{ CreateInterval, RetainInterval, CopyTags, ExtendDeletion, CrossRegionCopyTargets },
    Exclusions: Exclusions && said,
  };
}

/** What the request says and, in place of what it does not, its PolicyDetails. */
export function defaultsIn(input: DefaultRequest & { PolicyDetails?: PolicyDetails }) {
  const own = readDefaults(input);
  const detailed = readDefaults(input.PolicyDetails ?? {});
  const members = defaultMembers.map((member) => [member, own[member] ?? detailed[member]]);
  return Object.fromEntries(members) as DefaultRequest;
}

export function saidOf(
  input: Omit<CreateLifecyclePolicyRequest, 'ExecutionRoleArn' | 'Description' | 'State'>,
  place: SchedulePlace,
): Said {
  const { DefaultPolicy: type, PolicyDetails: details } = input;
  const defaults = defaultsIn(input);
  const isSimplified = details?.PolicyLanguage === 'SIMPLIFIED';
  if (type === undefined && !isSimplified) {
    if (!details) throw invalid('PolicyDetails is missing');
    const said = defaultMembers.find((member) => defaults[member] !== undefined);
    if (said) throw invalid(`${said} is for default policies`);
    return customPolicy(details, place);
  }
  if (details) checkDefault(input, details);
  return defaultPolicy(type ?? details?.ResourceType, defaults, place);
}

/** Each of its members is said once, and no member of another kind of policy is. */
export function checkDefault(
  input: DefaultRequest & { DefaultPolicy?: string },
  details: PolicyDetails,
): void {
  const own = readDefaults(input);
  const detailed = readDefaults(details);
  const twice = defaultMembers.some((member) => own[member] !== undefined);
  if (twice && defaultMembers.some((member) => detailed[member] !== undefined)) {
    throw invalid('A default policy is told by the request or by PolicyDetails, and not by both');
  }
  const wrong = customMembers.find((member) => details[member] !== undefined);
  if (wrong) throw invalid(`${wrong} is for custom policies`);
  const { PolicyLanguage: language = 'SIMPLIFIED', ResourceType, PolicyType } = details;
  if (language !== 'SIMPLIFIED') throw invalid('PolicyLanguage of a default policy is SIMPLIFIED');
  const { DefaultPolicy: of = ResourceType } = input;
  if (ResourceType !== undefined && ResourceType !== of) {
    throw invalid(`ResourceType is not ${of}, which DefaultPolicy is`);
  }
  const type = of === 'INSTANCE' ? 'IMAGE_MANAGEMENT' : 'EBS_SNAPSHOT_MANAGEMENT';
  if (PolicyType === undefined || PolicyType === type) return;
  throw invalid(`PolicyType of a default policy of ${of} is ${type}`);
}

function customPolicy(details: PolicyDetails, place: SchedulePlace): Said {
  const { PolicyType: type = 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: types = [] } = details;
  const { PolicyLanguage: language = 'STANDARD', Parameters: parameters = {} } = details;
  if (type !== 'EBS_SNAPSHOT_MANAGEMENT' && type !== 'IMAGE_MANAGEMENT') {
    throw invalid(`PolicyType '${type}' is not supported by Imago`);
  }
  if (language !== 'STANDARD') throw invalid('PolicyLanguage is STANDARD or SIMPLIFIED');
  if (details.ResourceType !== undefined) throw invalid('ResourceType is for default policies');
  const [resource = '', ...more] = types;
  const makes = type === 'IMAGE_MANAGEMENT' ? 'images' : 'snapshots';
  const of = resource === 'INSTANCE' ? 'instances' : 'volumes';
  if (more.length > 0 || !['INSTANCE', 'VOLUME'].includes(resource)) {
    throw invalid('ResourceTypes is either VOLUME or INSTANCE');
  }
  if (makes === 'images' && of !== 'instances') {
    throw invalid('Images are made of resources of the type INSTANCE');
  }
  const targetTags = tagList(upTo(targetTagsMax, 'TargetTags', details.TargetTags));
  if (targetTags.length === 0) throw invalid('TargetTags has at least one tag');
  const { Schedules: asked = [] } = details;
  if (asked.length < 1 || asked.length > schedulesMax) {
    throw invalid(`A policy has from 1 to ${schedulesMax} Schedules`);
  }
  const schedules = asked.map((each, index) => scheduleOf(each, index, { makes, of }, place));
  checkTogether(schedules);
  const isSet = makes === 'snapshots' && of === 'instances';
  const { ExcludeBootVolume, NoReboot, ExcludeDataVolumeTags } = parameters;
  if (!isSet && (ExcludeBootVolume || ExcludeDataVolumeTags?.length)) {
    throw invalid('Volumes are excluded by policies for snapshots of instances');
  }
  if (makes !== 'images' && NoReboot !== undefined) throw invalid('NoReboot is for images');
  return {
    makes,
    of,
    targetTags,
    schedules,
    ...(ExcludeBootVolume !== undefined && { excludeBootVolume: ExcludeBootVolume }),
    ...(ExcludeDataVolumeTags && {
      excludeDataVolumeTags: tagList(
        upTo(targetTagsMax, 'ExcludeDataVolumeTags', ExcludeDataVolumeTags),
      ),
    }),
    ...(NoReboot !== undefined && { reboot: !NoReboot }),
  };
}

function checkTogether(schedules: readonly BackupSchedule[]): void {
  const names = schedules.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`There are two schedules '${twice}'`);
  if (schedules.filter(({ archive }) => archive !== undefined).length > 1) {
    throw invalid('One schedule of a policy has an ArchiveRule');
  }
  const kinds = new Set(schedules.map(({ retain }) => ('count' in retain ? 'count' : 'age')));
  if (kinds.size > 1) throw invalid('All schedules retain by count, or all by age');
}

function defaultPolicy(
  type: string | undefined,
  asked: DefaultRequest,
  place: SchedulePlace,
): Said {
  if (type !== 'VOLUME' && type !== 'INSTANCE') {
    throw invalid('A default policy is of VOLUME or INSTANCE');
  }
  const kind = type === 'VOLUME' ? ('volumes' as const) : ('instances' as const);
  const everything = everythingOf(kind, asked, place);
  const makes = type === 'VOLUME' ? 'snapshots' : 'images';
  // The next minute: what has no recent backup gets one.
  const time = new Date(place.now.getTime() + 60_000).toISOString().slice(11, 16);
  return { makes, of: kind, everything, schedules: [defaultSchedule(everything, time)] };
}

export function everythingOf(
  of: BackupPolicyRow['of'],
  asked: DefaultRequest,
  place: SchedulePlace,
): Everything {
  const createDays = daysOf('CreateInterval', asked.CreateInterval, days.create);
  const retainDays = daysOf('RetainInterval', asked.RetainInterval, days.retain);
  if (retainDays <= createDays) throw invalid('RetainInterval must be more than CreateInterval');
  const { ExcludeBootVolumes, ExcludeVolumeTypes, ExcludeTags } = asked.Exclusions ?? {};
  if (of !== 'volumes' && (ExcludeBootVolumes || ExcludeVolumeTypes?.length)) {
    throw invalid('ExcludeBootVolumes and ExcludeVolumeTypes are for VOLUME');
  }
  if (of !== 'instances' && ExcludeTags?.length) throw invalid('ExcludeTags is for INSTANCE');
  const { types, tags, regions } = exclusionsMax;
  upTo(types, 'ExcludeVolumeTypes', ExcludeVolumeTypes);
  const noType = ExcludeVolumeTypes?.find((each) => !isVolumeType(each));
  if (noType !== undefined) throw invalid(`'${noType}' is no type of volumes`);
  upTo(tags, 'ExcludeTags', ExcludeTags);
  const targets = upTo(regions, 'CrossRegionCopyTargets', asked.CrossRegionCopyTargets);
  return {
    createDays,
    retainDays,
    copyTags: asked.CopyTags ?? false,
    extendDeletion: asked.ExtendDeletion ?? false,
    copyRegions: [...new Set(targets.map(({ TargetRegion }) => copyRegion(TargetRegion, place)))],
    ...(ExcludeBootVolumes !== undefined && { excludeBootVolumes: ExcludeBootVolumes }),
    ...(ExcludeVolumeTypes && { excludeVolumeTypes: ExcludeVolumeTypes }),
    ...(ExcludeTags && { excludeTags: tagList(ExcludeTags) }),
  };
}

/** Each day it is looked who has no recent one. */
export function defaultSchedule(everything: Everything, time: string): BackupSchedule {
  const { retainDays, copyTags, copyRegions } = everything;
  const age = { value: retainDays, unit: 'DAYS' } as const;
  return {
    name: 'Default Schedule',
    creates: { hours: 24, time },
    copyTags,
    tags: {},
    variableTags: {},
    retain: { age },
    copies: copyRegions.map((region) => ({ region, encrypted: false, copyTags, retain: age })),
    shares: [],
  };
}

function daysOf(
  member: string,
  value: number | undefined,
  { min, max, usual }: { min: number; max: number; usual: number },
): number {
  if (value === undefined) return usual;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${member} is from ${min} to ${max} days`);
}

function tagList(asked: readonly TagRequest[] = []): Tag[] {
  // Several values of one key are several tags here.
  for (const tag of asked) tagsOf([tag]);
  return asked.map(({ Key: key, Value: value }) => ({ key, value }));
}

export function checkedState(state: string): 'ENABLED' | 'DISABLED' {
  if (state === 'ENABLED' || state === 'DISABLED') return state;
  throw invalid(`State is ENABLED or DISABLED, not '${state}'`);
}

export function checkedDescription(text: string): string {
  if (textPattern.test(text)) return text;
  throw invalid('Description has from 1 to 500 letters, digits, spaces, _ and -');
}

export function checkedRole(arn: string): string {
  if (isRoleArn(arn)) return arn;
  throw invalid(`'${arn}' is not the ARN of a role`);
}
