/**
 * What a policy does with a backup while it is kept: when it has become whole it is copied, shared,
 * deprecated for later, and given fast restores; these end when their time is over.
 */
import { orRefusal, ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import {
  type BackupPolicyRow,
  type BackupSchedule,
  backupSourceId,
  type CopyRule,
} from '../../catalog/rows/backup-policy.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { settingsOf } from '../account-settings.ts';
import { groupsOf } from '../accounts.ts';
import { checkShareable } from '../encrypted-sharing.ts';
import { disableFastRestores, enableFastRestores, isLiving } from '../fast-restores.ts';
import { deprecatedImage, isDeprecated } from '../image-states.ts';
import { withVolumePermissions } from '../snapshot-permissions.ts';
import { after } from './ages.ts';
import { type BackupPlace, copyRules, orderCopy } from './copy-backup.ts';
import { newestFirst } from './last-good.ts';
import { longest, schedulesOf } from './policy-backups.ts';
import type { Generation } from './retention.ts';

/** Answers, as a ServiceError, what could not be done beside what was. */
export type Change = (transaction: CatalogTransaction) => Promise<unknown>;

/**
 * Once, when it is whole. That it cannot be shared, or have fast restores, is no reason to do nothing
 * else.
 */
export async function settle(
  transaction: CatalogTransaction,
  policy: BackupPolicyRow,
  id: string,
  place: BackupPlace,
): Promise<ServiceError | undefined> {
  const account = await transaction.accounts.get(policy.account);
  if (!account) return undefined;
  const { region } = policy;
  const viewer = { account: account.id, region, groups: groupsOf(account) };
  const image = await transaction.images.get(id);
  const snapshot = await transaction.snapshots.get(id);
  const row = image ?? snapshot;
  if (!row?.backup || row.backup.settledAt !== undefined) return undefined;
  const schedules = schedulesOf(policy, row);
  const rules = copyRules(schedules);
  for (const rule of rules) await orderCopy(transaction, viewer, { row, rule }, place);
  await rememberRegions(transaction, policy, row.backup.sourceId, rules);
  const now = place.clock.now();
  const backup = { ...row.backup, settledAt: now.toISOString() };
  if (image) {
    await transaction.images.update(withDeprecation({ ...image, backup }, schedules, now));
    return undefined;
  }
  if (!snapshot) return undefined;
  await transaction.snapshots.update({ ...snapshot, backup });
  const accounts = schedules.flatMap(({ shares }) => shares.flatMap((each) => each.accounts));
  const notShared = accounts.length > 0 && (await share(transaction, id, accounts));
  const isFast = fastZones(schedules).length > 0;
  const notFast = isFast ? await makeFast(transaction, policy, id, place) : undefined;
  return notShared || notFast;
}

/** With all of these accounts, or with none of them: that is remembered, and answered. */
async function share(
  transaction: CatalogTransaction,
  id: string,
  accounts: readonly string[],
): Promise<ServiceError | undefined> {
  const row = await transaction.snapshots.get(id);
  if (!row?.backup) return undefined;
  const shared = await orRefusal(sharedWith(transaction, row, accounts));
  const { isNotShared, ...backup } = row.backup;
  if (!(shared instanceof ServiceError)) {
    await transaction.snapshots.update({ ...shared, backup });
    return undefined;
  }
  if (!isNotShared) {
    await transaction.snapshots.update({ ...row, backup: { ...backup, isNotShared: true } });
  }
  return shared;
}

async function sharedWith(
  transaction: CatalogTransaction,
  row: SnapshotRow,
  add: readonly string[],
): Promise<SnapshotRow> {
  await checkShareable(transaction, row, add);
  return withVolumePermissions(row, { add, remove: [] }, await settingsOf(transaction, row));
}

function fastZones(schedules: readonly BackupSchedule[]): string[] {
  return [...new Set(schedules.flatMap(({ fastRestore }) => fastRestore?.zones ?? []))];
}

/** So that copies are found when their rule is no more. */
async function rememberRegions(
  { backupSources }: CatalogTransaction,
  { id }: BackupPolicyRow,
  sourceId: string,
  rules: readonly CopyRule[],
): Promise<void> {
  if (rules.length === 0) return;
  const source = await backupSources.get(backupSourceId(id, sourceId));
  if (!source) return;
  const { copyRegions: before = [] } = source;
  const copyRegions = [...new Set([...before, ...rules.map(({ region }) => region)])];
  await backupSources.update({ ...source, copyRegions });
}

/** In all zones that its schedules name. What it could not have is remembered, and answered. */
async function makeFast(
  transaction: CatalogTransaction,
  policy: BackupPolicyRow,
  id: string,
  place: BackupPlace,
): Promise<ServiceError | undefined> {
  const account = await transaction.accounts.get(policy.account);
  const row = await transaction.snapshots.get(id);
  if (!row?.backup || !account) return undefined;
  const viewer = { account: account.id, region: policy.region, groups: groupsOf(account) };
  const order = { snapshotIds: [id], zones: fastZones(schedulesOf(policy, row)) };
  const [first] = (await enableFastRestores(transaction, viewer, order, place)).failed;
  const { isNotFast, ...backup } = row.backup;
  if (first && !isNotFast) {
    await transaction.snapshots.update({ ...row, backup: { ...backup, isNotFast: true } });
  } else if (!first && isNotFast) {
    await transaction.snapshots.update({ ...row, backup });
  }
  return first && new ServiceError(first.code, first.message);
}

function withDeprecation(
  image: ImageRow,
  schedules: readonly BackupSchedule[],
  now: Date,
): ImageRow {
  const ages = schedules.map(({ deprecate }) =>
    deprecate && 'age' in deprecate ? deprecate.age : undefined,
  );
  const last = longest(ages.filter((age) => age !== undefined));
  // While one of its schedules says nothing, it is not deprecated.
  if (!last || ages.includes(undefined)) return image;
  const at = after(new Date(image.createdAt), last);
  return deprecatedImage(image, at < now ? now : at, now);
}

/** The oldest so many of those that are kept are deprecated. */
export function tendImage(
  policy: BackupPolicyRow,
  image: ImageRow,
  generations: readonly Generation[],
  now: Date,
): Change | undefined {
  if (image.state !== 'available' || image.backup?.policyId !== policy.id) return undefined;
  const schedules = schedulesOf(policy, image);
  if (schedules.length === 0 || isDeprecated(image, now)) return undefined;
  const isOld = schedules.every((schedule) => {
    const { deprecate, retain } = schedule;
    if (!deprecate || !('count' in deprecate) || !('count' in retain)) return false;
    return rankOf(image.id, generations, schedule) >= retain.count - deprecate.count;
  });
  if (!isOld) return undefined;
  return async ({ images }) => {
    const row = await images.get(image.id);
    if (row?.state === 'available') await images.update(deprecatedImage(row, now, now));
  };
}

/** Sharing and fast restores end; what it could not have of them is tried again until then. */
export function tendSnapshot(
  policy: BackupPolicyRow,
  snapshot: SnapshotRow,
  generations: readonly Generation[],
  place: BackupPlace,
): Change | undefined {
  const { backup, id } = snapshot;
  if (snapshot.state !== 'completed' || backup?.policyId !== policy.id || !backup.settledAt) {
    return undefined;
  }
  const now = place.clock.now();
  const isOver = (since: string, age: Parameters<typeof after>[1]) =>
    after(new Date(since), age) <= now;
  const schedules = schedulesOf(policy, snapshot);
  const shares = schedules.flatMap((schedule) => schedule.shares);
  const still = shares.filter(({ until }) => !until || !isOver(snapshot.createdAt, until));
  const wanted = still.flatMap(({ accounts }) => accounts);
  const over = shares
    .flatMap(({ accounts }) => accounts)
    .filter((account) => !wanted.includes(account));
  const remove = over.filter((each) => snapshot.createVolumePermissions?.includes(each));
  const fast = schedules.filter(({ fastRestore }) => fastRestore !== undefined);
  const isFast = fast.some((schedule) => {
    const rule = schedule.fastRestore?.for;
    if (!rule) return false;
    if ('count' in rule) return rankOf(id, generations, schedule) < rule.count;
    return !isOver(snapshot.createdAt, rule.age);
  });
  const unshares = remove.length > 0 && backup.unsharedAt === undefined;
  const slows = fast.length > 0 && !isFast;
  const sharesAgain = backup.isNotShared === true && wanted.length > 0;
  const isFastAgain = backup.isNotFast === true && isFast;
  if (!unshares && !slows && !sharesAgain && !isFastAgain) return undefined;
  const ends = still.every(({ until }) => !until);
  return async (transaction) => {
    if (unshares) await unshare(transaction, id, remove, ends ? now : undefined);
    if (slows) await endFast(transaction, policy, id, place);
    const notShared = sharesAgain ? await share(transaction, id, wanted) : undefined;
    const notFast = isFastAgain ? await makeFast(transaction, policy, id, place) : undefined;
    return notShared ?? notFast;
  };
}

/** `endedAt`: with others it is shared for good, or with nobody. */
async function unshare(
  transaction: CatalogTransaction,
  id: string,
  remove: readonly string[],
  endedAt: Date | undefined,
): Promise<void> {
  const row = await transaction.snapshots.get(id);
  if (!row?.backup) return;
  const settings = await settingsOf(transaction, row);
  const changed = withVolumePermissions(row, { add: [], remove }, settings);
  const backup = { ...row.backup, ...(endedAt && { unsharedAt: endedAt.toISOString() }) };
  await transaction.snapshots.update({ ...changed, backup });
}

async function endFast(
  transaction: CatalogTransaction,
  { account: ownerId, region }: BackupPolicyRow,
  id: string,
  place: BackupPlace,
): Promise<void> {
  const account = await transaction.accounts.get(ownerId);
  if (!account) return;
  const living = await transaction.fastRestores.list({ where: { snapshotId: id } });
  const zones = living
    .filter((each) => each.account === ownerId && isLiving(each))
    .map(({ availabilityZone }) => availabilityZone);
  if (zones.length === 0) return;
  const viewer = { account: ownerId, region, groups: groupsOf(account) };
  await disableFastRestores(transaction, viewer, { snapshotIds: [id], zones }, place);
}

/** How many whole ones of the schedule are newer. */
function rankOf(id: string, generations: readonly Generation[], { name }: BackupSchedule): number {
  const same = generations
    .filter(({ isWhole, schedules }) => isWhole && schedules.includes(name))
    .sort(newestFirst);
  return same.findIndex((each) => each.id === id);
}
