/**
 * Copies that a policy orders of its backups, in other regions, one in each. A copy whose task
 * failed is ordered again, each time later than the last one, and some times at most: the failed one
 * goes in the same transaction, so there is never a second. What copies are removed is not here.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { BackupOrigin } from '../../catalog/rows/backup.ts';
import type {
  Age,
  BackupPolicyRow,
  BackupSchedule,
  CopyRule,
} from '../../catalog/rows/backup-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { groupsOf } from '../accounts.ts';
import { orderImageCopy, orderSnapshotCopy } from '../copies.ts';
import { deprecatedImage } from '../image-states.ts';
import { freeName } from '../images.ts';
import type { KeyMaking } from '../kms-keys.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import type { Site } from '../site.ts';
import { userTags } from '../tags.ts';
import type { Viewer } from '../viewer.ts';
import { after } from './ages.ts';
import {
  type BackupRow,
  isFailed,
  isImage,
  isOfPolicy,
  isWhole,
  originForCopy,
} from './backups.ts';
import { expirationTag, longest, managedTags, type Place, schedulesOf } from './policy-backups.ts';
import { isFree, ownersOnly, removeImage } from './remove-backup.ts';

export interface BackupPlace extends KeyMaking {
  site: Site;
}

/** That this backup alone cannot be copied now: somebody has disabled or archived it. */
const ofBackup = ['InvalidAMIID.Unavailable', 'IncorrectState'];

/** The policy itself cannot go on as it is. */
export class PolicyError extends ServiceError {}

/** After the first one, and how long the first waits; each other waits twice as long as the last. */
const triesMax = 5;
const firstWaitMs = 60 * 60_000;

/**
 * Each region once: for as long as the longest of its rules says, and encrypted, with the tags or
 * deprecated late, where one of them says so.
 */
export function copyRules(schedules: readonly BackupSchedule[]): CopyRule[] {
  const rules = schedules.flatMap(({ copies }) => copies);
  return [...Map.groupBy(rules, ({ region }) => region)].map(([region, same]) => ({
    region,
    encrypted: same.some(({ encrypted }) => encrypted),
    kmsKeyId: same.find(({ kmsKeyId }) => kmsKeyId !== undefined)?.kmsKeyId,
    copyTags: same.some(({ copyTags }) => copyTags),
    retain: longestOfAll(same.map(({ retain }) => retain)),
    deprecate: longestOfAll(same.map(({ deprecate }) => deprecate)),
  }));
}

/** Nothing, where one of them has no end. */
function longestOfAll(ages: readonly (Age | undefined)[]): Age | undefined {
  const ends = ages.filter((age) => age !== undefined);
  return ends.length < ages.length ? undefined : longest(ends);
}

interface CopyOrder {
  row: BackupRow;
  rule: CopyRule;
  /** What is remembered of the copies that failed before. */
  again?: Pick<BackupOrigin, 'takenAt' | 'copyTries'>;
}

/** `viewer`: where the original is. */
export async function orderCopy(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: CopyOrder,
  place: BackupPlace,
): Promise<void> {
  const { region } = order.rule;
  await copy(transaction, { ...viewer, region }, order, place).catch((error) => {
    if (!(error instanceof ServiceError) || ofBackup.includes(error.code)) throw error;
    throw new PolicyError(error.code, `A copy into ${region}: ${error.message}`);
  });
}

async function copy(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { row, rule, again }: CopyOrder,
  place: BackupPlace,
): Promise<void> {
  const { encrypted, kmsKeyId, copyTags, retain } = rule;
  const now = place.clock.now();
  const backup = { sourceId: '', ...originForCopy(row), ...again };
  const tags: Tags = {
    ...(copyTags ? userTags(row.tags) : {}),
    ...dlmTags(row.tags),
    ...(retain && { [expirationTag]: after(now, retain).toISOString() }),
  };
  const identity = { ...place, hostId: place.site.hostId };
  const about = { sourceRegion: row.region, sourceId: row.id, backup };
  const how = { encrypted: encrypted || undefined, kmsKeyId };
  if ('volumeSizeGiB' in row) {
    const order = { ...about, ...how, description: row.description, tags };
    await orderSnapshotCopy(transaction, viewer, order, identity);
    return;
  }
  const { description } = row;
  const name = await freeName(transaction, viewer, row.name, place.ids);
  const order = { ...about, ...how, name, description, copyTags: false };
  const asked = { ...order, imageTags: tags, snapshotTags: tags };
  const image = await orderImageCopy(transaction, viewer, asked, identity);
  const { deprecate } = rule;
  if (!deprecate) return;
  const made = await transaction.images.get(image.id);
  if (made) await transaction.images.update(deprecatedImage(made, after(now, deprecate), now));
}

/** Without when it expires: a copy has a time of its own. */
function dlmTags(tags: Tags): Tags {
  const own = Object.entries(tags).filter(([key]) => key.startsWith('aws:dlm:lifecycle-'));
  return { ...managedTags, ...Object.fromEntries(own) };
}

export interface FailedCopy {
  copy: BackupRow;
  originalId: string;
  /** Absent: it is not tried any more. */
  tryAt?: string;
}

/** Of the backups in the policy's own region (`here`) that are kept; `there` are their copies. */
export function failedCopies(policy: BackupPolicyRow, here: Place, there: Place): FailedCopy[] {
  const originals = new Map([...here.images, ...here.snapshots].map((row) => [row.id, row]));
  const copies = [...there.images, ...there.snapshots].filter((row) => isOfPolicy(row, policy.id));
  return copies.filter(isFailed).flatMap((copy) => {
    const originalId = originalOf(copy);
    const original = originals.get(originalId);
    if (!original || !isWhole(original) || here.decision.fates.get(originalId) !== 'keep')
      return [];
    if (!ruleFor(policy, original, there.region)) return [];
    const hasOther = copies.some((each) => each !== copy && originalOf(each) === originalId);
    const { copyTries: tries = 0 } = copy.backup ?? {};
    if (hasOther || tries >= triesMax) return [{ copy, originalId }];
    const waitMs = firstWaitMs * 2 ** tries;
    const tryAt = new Date(Date.parse(copy.createdAt) + waitMs).toISOString();
    return [{ copy, originalId, tryAt }];
  });
}

/** If it is to be still. */
export async function copyAgain(
  transaction: CatalogTransaction,
  policyId: string,
  { copy: { id }, originalId }: FailedCopy,
  place: BackupPlace,
): Promise<void> {
  const { accounts, backupPolicies, images, snapshots } = transaction;
  const policy = await backupPolicies.get(policyId);
  const account = policy && (await accounts.get(policy.account));
  const failed = (await images.get(id)) ?? (await snapshots.get(id));
  const original = (await images.get(originalId)) ?? (await snapshots.get(originalId));
  if (policy?.state !== 'ENABLED' || !account || !original) return;
  if (!failed || !isFailed(failed)) return;
  const rule = ruleFor(policy, original, failed.region);
  if (!rule) return;
  const now = place.clock.now();
  if (isImage(failed)) await removeImage(transaction, ownersOnly(failed), now);
  else if (await isFree(transaction, failed, now)) {
    await removeSnapshot(transaction, ownersOnly(failed), now);
  } else return;
  const viewer = { account: account.id, region: policy.region, groups: groupsOf(account) };
  const copyTries = (failed.backup?.copyTries ?? 0) + 1;
  // Later ones may be there already: it is as old as what it is a copy of.
  const again = { copyTries, takenAt: original.backup?.takenAt ?? original.createdAt };
  await orderCopy(transaction, viewer, { row: original, rule, again }, place);
}

function originalOf(copy: BackupRow): string {
  return (isImage(copy) ? copy.sourceImageId : copy.copiedFrom?.snapshotId) ?? '';
}

function ruleFor(policy: BackupPolicyRow, row: BackupRow, region: string): CopyRule | undefined {
  return copyRules(schedulesOf(policy, row)).find((rule) => rule.region === region);
}
