/** What requests say of lifecycle policies; each change says all of it anew, but for its name. */
import type {
  LifecyclePolicyDetail,
  LifecyclePolicyDetailExclusionRulesAmis,
  LifecyclePolicyResourceSelection,
  UpdateLifecyclePolicyRequest,
} from '../../../api/generated/imagebuilder-types.ts';
import type {
  LifecyclePolicyRow,
  LifecycleRule,
  LifecycleUnit,
} from '../../catalog/rows/lifecycle-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { checkedName, invalidParameter, slugOf } from '../../domain/imagebuilder/arns.ts';
import { lifecycleActions } from '../../domain/imagebuilder/lifecycle.ts';
import { checkedVersion } from '../../domain/imagebuilder/versions.ts';
import { builderTags, builderText } from './image-builder.ts';

/** As documented. */
const rolePattern = /^(?:arn:aws(?:-[a-z]+)*:iam::[0-9]{12}:role\/)?[\w+=,.@/-]{1,2048}$/;
const accountPattern = /^[0-9]{12}$/;
const units: readonly string[] = ['DAYS', 'WEEKS', 'MONTHS', 'YEARS'];
const counts = { rules: 3, recipes: 50, regions: 5, accounts: 1500 };
const bounds = { value: 1000, retainAtLeast: 10, lastLaunched: 365 };

type Said = Pick<
  LifecyclePolicyRow,
  'name' | 'slug' | 'description' | 'status' | 'executionRole' | 'rules' | 'selection'
>;

/** The regions that its rules name are `regionsOf`; whether they are there is not looked at here. */
export function policyOf(
  input: Omit<UpdateLifecyclePolicyRequest, 'lifecyclePolicyArn'>,
  name: string,
): Said {
  const { status = 'ENABLED', executionRole, resourceType, policyDetails } = input;
  if (status !== 'ENABLED' && status !== 'DISABLED') {
    throw invalidParameter('status', status, 'is neither ENABLED nor DISABLED');
  }
  if (!rolePattern.test(executionRole)) {
    throw invalidParameter('executionRole', executionRole, `must match ${rolePattern.source}`);
  }
  if (resourceType !== 'AMI_IMAGE') {
    throw invalidParameter('resourceType', resourceType, 'is not AMI_IMAGE, the only one here');
  }
  checkCount('policyDetails', policyDetails, counts.rules);
  const rules = policyDetails.map(ruleOf);
  const actions = rules.map(({ action }) => action);
  const twice = actions.find((action, index) => actions.indexOf(action) !== index);
  if (twice !== undefined) throw invalidParameter('policyDetails', twice, 'is there twice');
  return {
    name: checkedName(name),
    slug: slugOf(name),
    description: builderText(input.description, 'description'),
    status,
    executionRole,
    rules,
    selection: selectionOf(input.resourceSelection),
  };
}

export function regionsOf({ rules }: Pick<LifecyclePolicyRow, 'rules'>): string[] {
  return rules.flatMap(({ exclusions }) => exclusions.amis?.regions ?? []);
}

function ruleOf({ action, filter, exclusionRules }: LifecyclePolicyDetail): LifecycleRule {
  const type = lifecycleActions.find((each) => each === action.type);
  if (!type) throw invalidParameter('type', action.type, `is not one of ${lifecycleActions}`);
  const { amis = false, snapshots = false } = action.includeResources ?? {};
  if (snapshots && !(amis && type === 'DELETE')) {
    throw invalidParameter('snapshots', 'true', 'is for DELETE, and beside amis');
  }
  return {
    action: type,
    includes: { amis, snapshots },
    filter: filterOf(filter, type),
    exclusions: {
      tags: tagMap(exclusionRules?.tagMap),
      amis: exclusionRules?.amis && amisOf(exclusionRules.amis),
    },
  };
}

function filterOf(
  { type, value, unit, retainAtLeast }: LifecyclePolicyDetail['filter'],
  action: LifecycleRule['action'],
): LifecycleRule['filter'] {
  checkNumber('value', value, bounds.value);
  if (type === 'COUNT') {
    if (unit !== undefined) throw invalidParameter('unit', unit, 'is for a filter by AGE');
    if (retainAtLeast !== undefined) {
      throw invalidParameter('retainAtLeast', `${retainAtLeast}`, 'is for a filter by AGE');
    }
    return { type, value };
  }
  if (type !== 'AGE') throw invalidParameter('type', type, 'is neither AGE nor COUNT');
  if (retainAtLeast !== undefined) {
    checkNumber('retainAtLeast', retainAtLeast, bounds.retainAtLeast);
    if (action !== 'DELETE') {
      throw invalidParameter('retainAtLeast', `${retainAtLeast}`, 'is for DELETE');
    }
  }
  return { type, value, unit: unitOf(unit), retainAtLeast };
}

function amisOf(
  asked: LifecyclePolicyDetailExclusionRulesAmis,
): NonNullable<LifecycleRule['exclusions']['amis']> {
  const { isPublic, regions, sharedAccounts, lastLaunched } = asked;
  if (regions) checkCount('regions', regions, counts.regions);
  if (sharedAccounts) checkCount('sharedAccounts', sharedAccounts, counts.accounts);
  const wrong = sharedAccounts?.find((each) => !accountPattern.test(each));
  if (wrong !== undefined) throw invalidParameter('sharedAccounts', wrong, 'is no account');
  if (lastLaunched) checkNumber('value', lastLaunched.value, bounds.lastLaunched);
  return {
    isPublic,
    regions,
    sharedAccounts,
    lastLaunched: lastLaunched && { value: lastLaunched.value, unit: unitOf(lastLaunched.unit) },
    tags: tagMap(asked.tagMap),
  };
}

function selectionOf({
  recipes,
  tagMap: tags,
}: LifecyclePolicyResourceSelection): LifecyclePolicyRow['selection'] {
  if (recipes) checkCount('recipes', recipes, counts.recipes);
  const versions = recipes?.map(({ name, semanticVersion }) => ({
    name: checkedName(name),
    semanticVersion: checkedVersion(semanticVersion),
  }));
  if ((versions === undefined) === (tags === undefined)) {
    throw invalidParameter('resourceSelection', '', 'must have either recipes or a tagMap');
  }
  return versions ? { recipes: versions } : { tags: tagMap(tags) };
}

function tagMap(asked: Record<string, string> | undefined): Tags | undefined {
  if (asked === undefined) return undefined;
  checkCount('tagMap', Object.keys(asked), 50);
  return builderTags(asked);
}

function unitOf(text: string | undefined): LifecycleUnit {
  if (text !== undefined && units.includes(text)) return text as LifecycleUnit;
  throw invalidParameter('unit', text ?? '', `is not one of ${units}`);
}

function checkCount(member: string, list: readonly unknown[], max: number): void {
  if (list.length >= 1 && list.length <= max) return;
  throw invalidParameter(member, `${list.length}`, `must be from 1 to ${max}`);
}

function checkNumber(member: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw invalidParameter(member, `${value}`, `must be from 1 to ${max}`);
}
