/** What restore testing plans and selections are asked to be: read alike when made and changed. */
import type {
  ProtectedResourceConditions,
  RestoreTestingRecoveryPointSelection,
} from '../../../api/generated/backup-types.ts';
import type { DrillCheckRequest } from '../../../api/imago-drill-checks.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { BackupResourceType } from '../../catalog/rows/backup-vault.ts';
import type { DrillPlan } from '../../catalog/rows/drill.ts';
import type { RestoreTestingSelection, TestedPoints } from '../../catalog/rows/restore-testing.ts';
import { invalidParameter, parsedResource, vaultArn } from '../../domain/backups/arns.ts';
import { drillPlan } from '../../domain/drills/plan.ts';
import type { Owner } from '../../domain/viewer.ts';

const usualWindowDays = 30;
const arnsMax = 30;
/** Parts of it may be wildcards. */
const vaultPattern = /^(\*.*|arn:aws[^:]*:backup:.+)$/;
/** Of Imago's own: a JSON list of the checks that StartDrill takes. */
const checksKey = 'imago:checks';

export function testedPoints(
  asked: RestoreTestingRecoveryPointSelection,
  owner: Owner,
): TestedPoints {
  const { Algorithm: algorithm, IncludeVaults = [], ExcludeVaults = [] } = asked;
  const { RecoveryPointTypes: types = [], SelectionWindowDays } = asked;
  if (algorithm !== 'LATEST_WITHIN_WINDOW' && algorithm !== 'RANDOM_WITHIN_WINDOW') {
    throw invalidParameter('Algorithm is LATEST_WITHIN_WINDOW or RANDOM_WITHIN_WINDOW.');
  }
  const noType = types.find((each) => each !== 'SNAPSHOT' && each !== 'CONTINUOUS');
  if (noType !== undefined) {
    throw invalidParameter(`RecoveryPointTypes are SNAPSHOT and CONTINUOUS, and not '${noType}'.`);
  }
  if (!types.includes('SNAPSHOT')) {
    throw invalidParameter('RecoveryPointTypes has SNAPSHOT: there are no continuous ones here.');
  }
  if (IncludeVaults.length === 0) throw invalidParameter('IncludeVaults names a vault, or *.');
  const noVault = [...IncludeVaults, ...ExcludeVaults].find((each) => !vaultPattern.test(each));
  if (noVault !== undefined) {
    throw invalidParameter(`'${noVault}' is neither * nor the ARN of a vault.`);
  }
  for (const each of [...IncludeVaults, ...ExcludeVaults]) checkCanBeVault(each, owner);
  const windowDays = whole('SelectionWindowDays', SelectionWindowDays, usualWindowDays, [1, 365]);
  const vaults = { includeVaults: IncludeVaults, excludeVaults: ExcludeVaults };
  return { algorithm, ...vaults, types: [...types], windowDays };
}

/** It may not be there yet, as in AWS; one of elsewhere, or of another kind, never would be. */
function checkCanBeVault(arn: string, owner: Owner): void {
  if (arn.includes('*') || arn.startsWith(vaultArn(owner, ''))) return;
  throw invalidParameter(
    `'${arn}' is no vault of this account in ${owner.region}, where the plan tests.`,
  );
}

export function startWindow(hours: number | undefined): number {
  return whole('StartWindowHours', hours, 24, [1, 168]);
}

export function validationWindow(hours: number | undefined): number {
  return whole('ValidationWindowHours', hours, 0, [0, 168]);
}

export function testedResources(
  type: BackupResourceType,
  arns: readonly string[] = [],
  conditions: ProtectedResourceConditions = {},
): Pick<RestoreTestingSelection, 'resourceArns' | 'tagEquals' | 'tagNotEquals'> {
  const { StringEquals = [], StringNotEquals = [] } = conditions;
  const pairs = (all: typeof StringEquals) =>
    all.map(({ Key, Value }) => ({ key: Key.replace(/^aws:ResourceTag\//, ''), value: Value }));
  const hasConditions = StringEquals.length + StringNotEquals.length > 0;
  const isAll = arns.length === 0 || (arns.length === 1 && arns[0] === '*');
  if (arns.length === 0 && !hasConditions) {
    throw invalidParameter('Give ProtectedResourceArns or ProtectedResourceConditions.');
  }
  if (hasConditions && !isAll) {
    throw invalidParameter('ProtectedResourceConditions go with the wildcard * alone.');
  }
  if (!isAll && (arns.includes('*') || arns.length > arnsMax)) {
    throw invalidParameter(`ProtectedResourceArns has * alone, or at most ${arnsMax} ARNs.`);
  }
  if (!isAll) checkResources(type, arns);
  return {
    resourceArns: isAll ? ['*'] : [...arns],
    tagEquals: pairs(StringEquals),
    tagNotEquals: pairs(StringNotEquals),
  };
}

/** Others, and patterns, would name nothing: no backup would be tested, and nobody told. */
function checkResources(type: BackupResourceType, arns: readonly string[]): void {
  for (const arn of arns) {
    const resource = parsedResource(arn);
    if (resource.type !== type) {
      throw invalidParameter(`ProtectedResourceArns: '${arn}' is of no resource of ${type}.`);
    }
    if (!resource.id.includes('*')) continue;
    throw invalidParameter(
      `ProtectedResourceArns: '${arn}' is no ARN of one resource. * alone means all.`,
    );
  }
}

/** Names are in any case, as there; what a drill does not ask for is refused. */
export function overriddenDrill(overrides: Record<string, string> = {}): DrillPlan {
  let InstanceType: string | undefined;
  let Checks: DrillCheckRequest[] = [];
  for (const [key, value] of Object.entries(overrides)) {
    if (key.toLowerCase() === 'instancetype') InstanceType = value;
    else if (key.toLowerCase() === checksKey) Checks = checksOf(value);
    else throw invalidParameter(`RestoreMetadataOverrides has no '${key}' here.`);
  }
  try {
    return drillPlan({ InstanceType, Checks });
  } catch (error) {
    throw error instanceof ServiceError ? invalidParameter(error.message) : error;
  }
}

function checksOf(text: string): DrillCheckRequest[] {
  try {
    const checks = JSON.parse(text);
    const isObject = (each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each);
    if (Array.isArray(checks) && checks.every(isObject)) return checks;
  } catch {
    // As what is none.
  }
  throw invalidParameter(`${checksKey} is a JSON list of checks as StartDrill takes them.`);
}

function whole(
  what: string,
  value: number | undefined,
  usual: number,
  [min, max]: [number, number],
): number {
  const given = value ?? usual;
  if (Number.isInteger(given) && given >= min && given <= max) return given;
  throw invalidParameter(`${what} is a whole number from ${min} to ${max}.`);
}
