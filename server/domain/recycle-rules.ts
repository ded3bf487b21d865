/**
 * Retention rules of the recycle bin: which of what an account deletes in a region is kept there,
 * and for how long. A rule is for what has one of its tags, or for the whole region but for what
 * has an exclusion tag; of several rules the one that keeps longest counts. What becomes of what is
 * kept is recycle-bin.ts's.
 *
 *   (never locked) --LockRule--> locked --UnlockRule--> pending_unlock --its delay--> unlocked
 *
 * A rule that is locked, or not unlocked for long enough, is neither changed nor deleted.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { RecycledType, RecycleRuleRow, ResourceTag } from '../catalog/rows/recycle-rule.ts';
import type { Tags } from '../catalog/rows/row.ts';
import { isOwn, type Owner } from './viewer.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** As documented, of what and in days. */
const retentionMaxDays = { EC2_IMAGE: 365, EBS_SNAPSHOT: 365, EBS_VOLUME: 7 };
const unlockDelayDays = { min: 7, max: 30 };
const rulesMax = 250;
const resourceTagsMax = 50;
const excludeResourceTagsMax = 5;
/** Rules that may have the same tag of resources. */
const rulesOfTagMax = 5;
const descriptionPattern = /^[\S ]{0,255}$/;
const tagKeyMaxChars = 128;
const tagValueMaxChars = 256;

export type LockState = 'locked' | 'pending_unlock' | 'unlocked';

/** Nothing for a rule that was never locked. */
export function lockStateOf({ lock }: RecycleRuleRow, now: Date): LockState | undefined {
  if (!lock) return undefined;
  if (lock.endsAt === undefined) return 'locked';
  return now.toISOString() < lock.endsAt ? 'pending_unlock' : 'unlocked';
}

export function lockedRule(rule: RecycleRuleRow, delayDays: number, now: Date): RecycleRuleRow {
  const { min, max } = unlockDelayDays;
  if (delayDays < min || delayDays > max) {
    throw invalid(`The unlock delay is ${min} to ${max} days.`);
  }
  if (rule.resourceTags.length + rule.excludeResourceTags.length > 0) {
    throw invalid('Only a rule for the whole region, without exclusion tags, can be locked.');
  }
  const state = lockStateOf(rule, now);
  if (state === 'locked') throw conflict(`The rule ${rule.id} is locked already.`);
  if (state === 'pending_unlock' && rule.lock?.unlockDelayDays !== delayDays) {
    throw conflict(`The unlock delay of the rule ${rule.id} cannot be changed before it is over.`);
  }
  return { ...rule, lock: { unlockDelayDays: delayDays } };
}

export function unlockedRule(rule: RecycleRuleRow, now: Date): RecycleRuleRow {
  if (!rule.lock || rule.lock.endsAt !== undefined) {
    throw conflict(`The rule ${rule.id} is not locked.`);
  }
  const endsAt = new Date(now.getTime() + rule.lock.unlockDelayDays * dayMs).toISOString();
  return { ...rule, lock: { ...rule.lock, endsAt } };
}

export function checkChangeable(rule: RecycleRuleRow, now: Date): void {
  const state = lockStateOf(rule, now);
  if (state === undefined || state === 'unlocked') return;
  const until = rule.lock?.endsAt === undefined ? '' : ` until ${rule.lock.endsAt}`;
  throw conflict(`The rule ${rule.id} is locked${until}.`);
}

/** What a rule says, whether it is made or changed. */
export async function checkRule(reader: CatalogReader, rule: RecycleRuleRow): Promise<void> {
  const { retentionDays, description = '', resourceTags, excludeResourceTags } = rule;
  const maxDays = retentionMaxDays[rule.resourceType];
  if (retentionDays < 1 || retentionDays > maxDays) {
    throw invalid(`The retention period is 1 to ${maxDays} days.`);
  }
  if (!descriptionPattern.test(description)) {
    throw invalid('A description is one line of at most 255 characters.');
  }
  if (resourceTags.length > 0 && excludeResourceTags.length > 0) {
    throw invalid('A rule for resources with tags cannot have exclusion tags.');
  }
  checkTags(resourceTags, resourceTagsMax);
  checkTags(excludeResourceTags, excludeResourceTagsMax);
  const all = await rulesOf(reader, rule);
  const others = all.filter(({ id }) => id !== rule.id);
  if (others.length >= rulesMax) {
    throw quotaExceeded(`There are at most ${rulesMax} retention rules in a region.`);
  }
  for (const tag of resourceTags) {
    const having = others.filter((other) => other.resourceTags.some((each) => isSame(each, tag)));
    if (having.length >= rulesOfTagMax) {
      throw quotaExceeded(`The tag ${tag.key} is in ${rulesOfTagMax} retention rules already.`);
    }
  }
}

function checkTags(tags: readonly ResourceTag[], max: number): void {
  if (tags.length > max) throw invalid(`There are at most ${max} tags of resources in a list.`);
  for (const { key, value = '' } of tags) {
    const fits = key !== '' && key.length <= tagKeyMaxChars && value.length <= tagValueMaxChars;
    if (!fits) throw invalid(`'${key}' is no tag of a resource.`);
  }
}

/** There are few: see `rulesMax`. */
export function rulesOf(
  { recycleRules }: CatalogReader,
  { account, region }: Owner,
): Promise<RecycleRuleRow[]> {
  return recycleRules.list({ where: { account, region } });
}

export async function requiredRule(
  { recycleRules }: CatalogReader,
  owner: Owner,
  id: string,
): Promise<RecycleRuleRow> {
  const rule = await recycleRules.get(id);
  if (rule && isOwn(owner, rule)) return rule;
  throw new ServiceError('ResourceNotFoundException', `The rule ${id} does not exist.`);
}

/** Changes one's own rule, in the transaction that has read it. */
export async function changeRule(
  transaction: CatalogTransaction,
  owner: Owner,
  id: string,
  change: (rule: RecycleRuleRow) => RecycleRuleRow,
): Promise<RecycleRuleRow> {
  return transaction.recycleRules.update(change(await requiredRule(transaction, owner, id)));
}

export function ruleArn({ account, region, id }: Owner & { id: string }): string {
  return `arn:aws:rbin:${region}:${account}:rule/${id}`;
}

/** The rule that an ARN of a request names. */
export function ruleOfArn(reader: CatalogReader, owner: Owner, arn: string) {
  const [, id] = /^arn:aws:rbin:[a-z0-9-]+:\d{12}:rule\/([0-9a-zA-Z]{11})$/.exec(arn) ?? [];
  if (id === undefined) throw invalid(`'${arn}' is no ARN of a rule.`);
  const known = arn === ruleArn({ ...owner, id });
  return requiredRule(reader, owner, known ? id : arn);
}

/** Until when what is deleted now is kept; nothing where no rule keeps it. */
export async function keptUntil(
  reader: CatalogReader,
  resourceType: RecycledType,
  resource: Owner & { tags: Tags },
  now: Date,
): Promise<string | undefined> {
  const keeps = (rule: RecycleRuleRow) =>
    rule.resourceType === resourceType &&
    (rule.resourceTags.length === 0 || hasAny(resource.tags, rule.resourceTags)) &&
    !hasAny(resource.tags, rule.excludeResourceTags);
  const days = (await rulesOf(reader, resource)).filter(keeps).map((rule) => rule.retentionDays);
  if (days.length === 0) return undefined;
  return new Date(now.getTime() + Math.max(...days) * dayMs).toISOString();
}

function hasAny(tags: Tags, wanted: readonly ResourceTag[]): boolean {
  return wanted.some(
    ({ key, value }) => Object.hasOwn(tags, key) && (value ?? tags[key]) === tags[key],
  );
}

export function isSame(one: ResourceTag, other: ResourceTag): boolean {
  return one.key === other.key && one.value === other.value;
}

export function quotaExceeded(message: string): ServiceError {
  return new ServiceError('ServiceQuotaExceededException', message);
}

function conflict(message: string): ServiceError {
  return new ServiceError('ConflictException', message);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
