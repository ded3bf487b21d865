/**
 * What is wanted of a restore testing plan, and of a selection of one, as their forms have it, and
 * the requests that come of it.
 */
import type { DrillLooks } from '../../../../api/imago-drill-checks.ts';
import type { Input } from '../../api/wire.ts';
import { linesOf } from '../../parts/keep-rules.ts';
import { readTags } from '../../parts/read-tags.ts';
import { selectionText } from '../../text/restore-testing.ts';
import { dailyTime, scheduleOf } from '../policies/forget-wanted.ts';
import type { Plan, Selection } from './plan.ts';

/** Where names without a region are. */
export interface Place {
  region: string;
  account: string;
}

export interface WantedPlan {
  name: string;
  zone: string;
  isDaily: boolean;
  time: string;
  expression: string;
  windowHours: string;
  algorithm: 'LATEST_WITHIN_WINDOW' | 'RANDOM_WITHIN_WINDOW';
  days: string;
  /** Lines of names and ARNs. */
  include: string;
  exclude: string;
  types: string[];
}

const usual = { time: '05:00', expression: 'cron(0 5 ? * 1 *)' };

export const newPlan = (zone: string): WantedPlan => ({
  ...{ name: '', zone, isDaily: true, ...usual, windowHours: '24' },
  ...{ algorithm: 'LATEST_WITHIN_WINDOW', days: '30', include: '*', exclude: '' },
  types: ['SNAPSHOT'],
});

export function planWanted(plan: Plan, place: Place): WantedPlan {
  const { ScheduleExpression, ScheduleExpressionTimezone: zone = 'UTC', StartWindowHours } = plan;
  const { RecoveryPointSelection: points } = plan;
  const time = dailyTime(ScheduleExpression);
  const short = (arns: readonly string[] = []) =>
    arns.map((arn) => shortOf(arn, vaultPrefix(place))).join('\n');
  const isRandom = points.Algorithm === 'RANDOM_WITHIN_WINDOW';
  return {
    ...{ name: plan.RestoreTestingPlanName, zone },
    ...{ isDaily: time !== undefined, time: time ?? usual.time, expression: ScheduleExpression },
    windowHours: String(StartWindowHours ?? 24),
    algorithm: isRandom ? 'RANDOM_WITHIN_WINDOW' : 'LATEST_WITHIN_WINDOW',
    days: String(points.SelectionWindowDays ?? 30),
    ...{ include: short(points.IncludeVaults), exclude: short(points.ExcludeVaults) },
    types: points.RecoveryPointTypes ?? ['SNAPSHOT'],
  };
}

function planOf(wanted: WantedPlan, place: Place) {
  const arns = (lines: string) => linesOf(lines).map((line) => longOf(line, vaultPrefix(place)));
  const zone = wanted.zone.trim();
  return {
    ScheduleExpression: scheduleOf(wanted),
    ...(zone !== '' && { ScheduleExpressionTimezone: zone }),
    StartWindowHours: Number(wanted.windowHours),
    RecoveryPointSelection: {
      Algorithm: wanted.algorithm,
      IncludeVaults: arns(wanted.include),
      ExcludeVaults: arns(wanted.exclude),
      RecoveryPointTypes: wanted.types,
      SelectionWindowDays: Number(wanted.days),
    },
  };
}

export const createPlanOf = (
  wanted: WantedPlan,
  place: Place,
): Input<'backup', 'CreateRestoreTestingPlan'> => ({
  RestoreTestingPlan: { RestoreTestingPlanName: wanted.name, ...planOf(wanted, place) },
});

export const updatePlanOf = (
  wanted: WantedPlan,
  place: Place,
): Input<'backup', 'UpdateRestoreTestingPlan'> => ({
  RestoreTestingPlanName: wanted.name,
  RestoreTestingPlan: planOf(wanted, place),
});

export type Kind = 'EC2' | 'EBS';

export interface WantedSelection {
  name: string;
  kind: Kind;
  which: 'all' | 'tagged' | 'named';
  /** Lines of `key=value`. */
  has: string;
  hasNot: string;
  /** Lines of ids and ARNs. */
  ids: string;
  /** YAML. */
  looks: string;
  hours: string;
}

export const newSelection: WantedSelection = {
  ...{ name: '', kind: 'EC2', which: 'all', has: '', hasNot: '', ids: '', looks: '', hours: '0' },
};

const tagPrefix = 'aws:ResourceTag/';
/** Of Imago's own: a JSON list of checks. */
const checksKey = 'imago:checks';

export const kindOf = ({ ProtectedResourceType }: Selection): Kind =>
  ProtectedResourceType === 'EBS' ? 'EBS' : 'EC2';

/** Tags as `key=value`. */
export const tagsOf = (pairs: readonly { Key: string; Value: string }[] = []) =>
  pairs.map(({ Key, Value }) => `${Key.replace(tagPrefix, '')}=${Value}`);

export function selectionWanted(
  selection: Selection,
  place: Place,
  asText: (looks: DrillLooks) => string,
): WantedSelection {
  const { ProtectedResourceArns: arns = [], ProtectedResourceConditions: tags = {} } = selection;
  const kind = kindOf(selection);
  const has = tagsOf(tags.StringEquals).join('\n');
  const hasNot = tagsOf(tags.StringNotEquals).join('\n');
  const isAll = arns.includes('*');
  const looks = looksOf(selection);
  return {
    ...{ name: selection.RestoreTestingSelectionName, kind, has, hasNot },
    which: !isAll ? 'named' : has || hasNot ? 'tagged' : 'all',
    ids: isAll ? '' : arns.map((arn) => shortOf(arn, resourcePrefix(kind, place))).join('\n'),
    looks: Object.keys(looks).length > 0 ? asText(looks) : '',
    hours: String(selection.ValidationWindowHours ?? 0),
  };
}

/** What its tests look at, as a drill has it. */
export function looksOf({ RestoreMetadataOverrides: overrides = {} }: Selection): DrillLooks {
  const said = Object.entries(overrides);
  const overridden = (name: string) => said.find(([key]) => key.toLowerCase() === name)?.[1];
  const type = overridden('instancetype');
  const checks = overridden(checksKey);
  return {
    ...(type !== undefined && { InstanceType: type }),
    ...(checks !== undefined && { Checks: JSON.parse(checks) }),
  };
}

function selectionOf(wanted: WantedSelection, place: Place, looks: DrillLooks) {
  const { kind, which } = wanted;
  const pairs = (lines: string) =>
    readTags(lines).map(({ Key, Value }) => ({ Key: tagPrefix + Key, Value }));
  const { InstanceType, Checks, ...others } = looks;
  if (Object.keys(others).length > 0) throw new Error(selectionText.looksOnly);
  return {
    ProtectedResourceArns:
      which === 'named'
        ? linesOf(wanted.ids).map((line) => longOf(line, resourcePrefix(kind, place)))
        : ['*'],
    ...(which === 'tagged' && {
      ProtectedResourceConditions: {
        StringEquals: pairs(wanted.has),
        StringNotEquals: pairs(wanted.hasNot),
      },
    }),
    RestoreMetadataOverrides: {
      ...(InstanceType !== undefined && { InstanceType }),
      ...(Checks !== undefined && { [checksKey]: JSON.stringify(Checks) }),
    },
    ValidationWindowHours: Number(wanted.hours),
  };
}

/** Nobody has a use for it here, and each client asks for it. */
const roleOf = (account: string) =>
  `arn:aws:iam::${account}:role/service-role/AWSBackupDefaultServiceRole`;

export const createSelectionOf = (
  RestoreTestingPlanName: string,
  wanted: WantedSelection,
  place: Place,
  looks: DrillLooks,
): Input<'backup', 'CreateRestoreTestingSelection'> => ({
  RestoreTestingPlanName,
  RestoreTestingSelection: {
    RestoreTestingSelectionName: wanted.name,
    ProtectedResourceType: wanted.kind,
    IamRoleArn: roleOf(place.account),
    ...selectionOf(wanted, place, looks),
  },
});

export const updateSelectionOf = (
  RestoreTestingPlanName: string,
  wanted: WantedSelection,
  place: Place,
  looks: DrillLooks,
): Input<'backup', 'UpdateRestoreTestingSelection'> => ({
  RestoreTestingPlanName,
  RestoreTestingSelectionName: wanted.name,
  RestoreTestingSelection: selectionOf(wanted, place, looks),
});

const vaultPrefix = ({ region, account }: Place) =>
  `arn:aws:backup:${region}:${account}:backup-vault:`;

export const resourcePrefix = (kind: Kind, { region, account }: Place) =>
  `arn:aws:ec2:${region}:${account}:${kind === 'EC2' ? 'instance' : 'volume'}/`;

/** What begins as an ARN, or with `*`, is one already. */
const longOf = (typed: string, prefix: string) =>
  /^(arn:|\*)/.test(typed) ? typed : prefix + typed;

export const shortOf = (arn: string, prefix: string) =>
  arn.startsWith(prefix) && !arn.endsWith('*') ? arn.slice(prefix.length) : arn;
