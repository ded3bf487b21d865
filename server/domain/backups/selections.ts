/**
 * What a backup selection chooses, out of instances and volumes: what its ARNs name as well as what
 * has one of its tags, all that there is where it says neither; and of those what meets all its
 * conditions and is not left out.
 */
import type {
  BackupSelectionRow,
  ConditionOperator,
  TagCondition,
} from '../../catalog/rows/backup-plan.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { invalidParameter } from './arns.ts';

/** As documented. */
const plainMax = 500;
const wildMax = 30;
const ownArns = 'arn:aws:ec2:';
const tagPrefix = 'aws:ResourceTag/';

export interface Selectable {
  arn: string;
  tags: Tags;
}

export function isSelected(selection: BackupSelectionRow, { arn, tags }: Selectable): boolean {
  const { resources, notResources, anyTag, conditions } = selection;
  const isAll = resources.length === 0 && anyTag.length === 0;
  const isNamed = resources.some((pattern) => isLike(arn, pattern));
  if (!isAll && !isNamed && !anyTag.some((tag) => tags[tag.key] === tag.value)) return false;
  if (notResources.some((pattern) => isLike(arn, pattern))) return false;
  return conditions.every(({ operator, key, value }) => met[operator](tags[key], value));
}

const met: Record<ConditionOperator, (tag: string | undefined, value: string) => boolean> = {
  StringEquals: (tag, value) => tag === value,
  StringNotEquals: (tag, value) => tag !== value,
  StringLike: (tag, value) => tag !== undefined && isLike(tag, value),
  StringNotLike: (tag, value) => tag === undefined || !isLike(tag, value),
};

/** `*` stands for anything; without backtracking, as the pattern is a stranger's. */
function isLike(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return text === pattern;
  if (!text.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

export function checkArns(member: string, arns: readonly string[]): void {
  const wild = arns.filter((arn) => arn.includes('*')).length;
  if (wild > wildMax || arns.length > plainMax) {
    throw invalidParameter(
      `${member} has more than ${plainMax} ARNs, or ${wildMax} with wildcards.`,
    );
  }
  const wrong = arns.find((arn) => arn !== '*' && !/^arn:aws[^:]*:/.test(arn));
  if (wrong !== undefined) throw invalidParameter(`${member}: '${wrong}' is no ARN.`);
}

/**
 * What names a service whose resources Imago does not have would never choose anything, and who
 * said it would believe that it is backed up. Leaving such out is no harm.
 */
export function checkChosen(arns: readonly string[]): void {
  const wrong = arns.find((arn) => {
    const [start = ''] = arn.split('*');
    return !start.startsWith(ownArns) && !ownArns.startsWith(start);
  });
  if (wrong === undefined) return;
  throw invalidParameter(
    `Resources: '${wrong}' is neither an instance nor a volume of EC2, which is what there is to back up here.`,
  );
}

/** `aws:ResourceTag/KEY`, or the key by itself. */
export function conditionOf(key: string, value: string): TagCondition {
  const name = key.startsWith(tagPrefix) ? key.slice(tagPrefix.length) : key;
  if (name === '') throw invalidParameter('A ConditionKey names no tag.');
  return { key: name, value };
}
