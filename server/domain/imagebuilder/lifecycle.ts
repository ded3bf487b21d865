/**
 * Lifecycle policies: which builds their rules are for, and what is done to them. A policy that is
 * enabled is carried out when it is made and once a day; what was missed while Imago was down is
 * made up for once. A build that a rule cannot be carried out on, such as one whose AMI is protected,
 * is left as it is.
 *
 *   AVAILABLE --DEPRECATE--> DEPRECATED, --DISABLE--> DISABLED, any of them --DELETE--> no row
 *
 * How many are kept is counted among the builds of each recipe, of all its versions that the policy
 * selects. An AMI that is excluded is left alone, and its build stays what it is until there is none
 * such.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import { type ImageRow, snapshotIdsOf } from '../../catalog/rows/image.ts';
import type { BuiltAmi, ImageBuildRow, ImageBuildState } from '../../catalog/rows/image-build.ts';
import type {
  LifecyclePolicyRow,
  LifecycleRule,
  LifecycleUnit,
} from '../../catalog/rows/lifecycle-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { snapshotPointArn } from '../backups/arns.ts';
import { isPoint } from '../backups/recovery-points.ts';
import { dueIds, lookAt } from '../due-rows.ts';
import type { Clock } from '../identity.ts';
import { deprecatedImage, disabledImage, isDeprecated, retireImage } from '../image-states.ts';
import { imageUsing } from '../images.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import { isLocked } from '../snapshot-locks.ts';
import { resourceDependency } from './arns.ts';
import { recipesOn } from './builds.ts';

const dayMs = 24 * 60 * 60_000;

/** What each action finds builds in; the first one is done first. */
const statesFor = {
  DELETE: ['AVAILABLE', 'DEPRECATED', 'DISABLED'],
  DISABLE: ['AVAILABLE', 'DEPRECATED'],
  DEPRECATE: ['AVAILABLE'],
} as const satisfies Record<LifecycleRule['action'], readonly ImageBuildState[]>;

export const lifecycleActions = Object.keys(statesFor) as LifecycleRule['action'][];

/** With the time when it is carried out next: at once if it never was, or not for a day. */
export function withNextRun(row: LifecyclePolicyRow, now: Date): LifecyclePolicyRow {
  const { nextRunAt: _, ...rest } = row;
  if (row.status !== 'ENABLED') return rest;
  const { lastRunAt } = row;
  const next = lastRunAt === undefined ? now.getTime() : Date.parse(lastRunAt) + dayMs;
  const at = new Date(Math.max(next, now.getTime())).toISOString();
  return { ...rest, nextRunAt: lookAt(at, now) };
}

export interface LeftBuild {
  policy: string;
  build: string;
  why: ServiceError;
}

/** Answers what could not be done. */
export async function runDuePolicies(catalog: Catalog, clock: Clock): Promise<LeftBuild[]> {
  const now = clock.now();
  const left: LeftBuild[] = [];
  const ids = await catalog.read(({ lifecyclePolicies }) =>
    dueIds((range) => lifecyclePolicies.listKeys('nextRun', range), now),
  );
  for (const id of ids) {
    const at = now.toISOString();
    const { nextRunAt = '~' } =
      (await catalog.read((reader) => reader.lifecyclePolicies.get(id))) ?? {};
    const isDue = nextRunAt <= at;
    for (const action of isDue ? lifecycleActions : []) {
      left.push(...(await carryOut(catalog, id, action, now)));
    }
    // Only now: who dies before is to begin again, and what is done is not done twice.
    await catalog.write(async ({ lifecyclePolicies }) => {
      const row = await lifecyclePolicies.get(id);
      if (!row) return;
      const done = isDue ? { ...row, lastRunAt: at } : row;
      await lifecyclePolicies.update(withNextRun(done, now));
    });
  }
  return left;
}

/** Each build in a transaction of its own, in which is decided whether the rule is for it. */
async function carryOut(
  catalog: Catalog,
  policy: string,
  action: LifecycleRule['action'],
  now: Date,
): Promise<LeftBuild[]> {
  const left: LeftBuild[] = [];
  const seen = new Set<string>();
  for (;;) {
    let build = '';
    const next = catalog.write(async (transaction) => {
      const row = await transaction.lifecyclePolicies.get(policy);
      const rule = row?.rules.find((each) => each.action === action);
      const owner = row && (await transaction.accounts.get(row.account));
      if (!rule || row?.status !== 'ENABLED' || !owner || owner.disabled) return false;
      const found = (await buildsFor(transaction, row, rule, now)).find(({ id }) => !seen.has(id));
      if (!found) return false;
      build = found.id;
      await apply(transaction, found, rule, now);
      return true;
    });
    const isDone = await next.catch((error) => {
      if (!(error instanceof ServiceError)) throw error;
      left.push({ policy, build, why: error });
      return true;
    });
    if (!isDone) return left;
    seen.add(build);
  }
}

/** The oldest first. */
async function buildsFor(
  reader: CatalogReader,
  policy: LifecyclePolicyRow,
  { action, filter, exclusions }: LifecycleRule,
  now: Date,
): Promise<ImageBuildRow[]> {
  const { account, region } = policy;
  const state = [...statesFor.DELETE];
  const all = await reader.imageBuilds.list({ where: { account, region, state } });
  const chosen = all
    .filter((row) => isSelected(policy, row) && !hasAnyTag(row.tags, exclusions.tags))
    .sort((one, other) => other.createdAt.localeCompare(one.createdAt));
  const kept = filter.type === 'COUNT' ? filter.value : (filter.retainAtLeast ?? 0);
  const isOld =
    filter.type === 'COUNT'
      ? () => true
      : ({ createdAt }: ImageBuildRow) => createdAt <= before(now, filter).toISOString();
  const newer = new Map<string, number>();
  const states: readonly ImageBuildState[] = statesFor[action];
  return chosen
    .filter((row) => {
      const place = newer.get(row.slug) ?? 0;
      newer.set(row.slug, place + 1);
      return place >= kept && states.includes(row.state) && isOld(row);
    })
    .reverse();
}

function isSelected({ selection }: LifecyclePolicyRow, row: ImageBuildRow): boolean {
  const { recipes, tags } = selection;
  if (tags) return Object.entries(tags).every(([key, value]) => row.tags[key] === value);
  return (recipes ?? []).some(
    ({ name, semanticVersion }) =>
      name === row.recipe.name && semanticVersion === row.semanticVersion,
  );
}

function hasAnyTag(tags: Tags, asked: Tags | undefined): boolean {
  return Object.entries(asked ?? {}).some(([key, value]) => tags[key] === value);
}

async function apply(
  transaction: CatalogTransaction,
  row: ImageBuildRow,
  rule: LifecycleRule,
  now: Date,
): Promise<void> {
  const { action, includes } = rule;
  const left: BuiltAmi[] = [];
  for (const ami of row.amis) {
    const image = await transaction.images.get(ami.imageId);
    if (!image || image.account !== row.account) continue;
    if (isExcluded(image, rule, now)) left.push(ami);
    else if (includes.amis) await applyToImage(transaction, image, rule, now);
  }
  if (left.length > 0) {
    if (action === 'DELETE' && includes.amis) {
      await transaction.imageBuilds.update({ ...row, amis: left });
    }
    return;
  }
  if (action === 'DELETE') {
    const using = await recipesOn(transaction, row);
    if (using.length > 0) throw resourceDependency(row.id, using);
    await transaction.imageBuilds.delete(row.id);
  } else if (action === 'DISABLE') {
    await transaction.imageBuilds.update({ ...row, state: 'DISABLED' });
  } else {
    const deprecatedAt = now.toISOString();
    await transaction.imageBuilds.update({ ...row, state: 'DEPRECATED', deprecatedAt });
  }
}

function isExcluded(image: ImageRow, { exclusions: { amis } }: LifecycleRule, now: Date): boolean {
  const { launchPermissions: shared, lastLaunchedAt = '' } = image;
  if (!amis) return false;
  return (
    (amis.isPublic === true && shared.includes('all')) ||
    (amis.regions ?? []).includes(image.region) ||
    (amis.sharedAccounts ?? []).some((account) => shared.includes(account)) ||
    (amis.lastLaunched !== undefined &&
      lastLaunchedAt > before(now, amis.lastLaunched).toISOString()) ||
    hasAnyTag(image.tags, amis.tags)
  );
}

async function applyToImage(
  transaction: CatalogTransaction,
  image: ImageRow,
  { action, includes }: LifecycleRule,
  now: Date,
): Promise<void> {
  const { images, snapshots } = transaction;
  if (action === 'DEPRECATE') {
    if (!isDeprecated(image, now)) await images.update(deprecatedImage(image, now, now));
    return;
  }
  if (action === 'DISABLE') {
    if (image.state !== 'disabled') await images.update(disabledImage(image));
    return;
  }
  await retireImage(transaction, image, now);
  if (!includes.snapshots) return;
  for (const id of snapshotIdsOf(image)) {
    const snapshot = await snapshots.get(id);
    if (!snapshot || snapshot.account !== image.account || isLocked(snapshot, now)) continue;
    if (await imageUsing(transaction, snapshot)) continue;
    if (await isPoint(transaction, snapshotPointArn(snapshot))) continue;
    await removeSnapshot(transaction, snapshot, now);
  }
}

/** So long before; of a month that has no such day its last one. */
function before(now: Date, { value, unit }: { value: number; unit: LifecycleUnit }): Date {
  if (unit === 'DAYS') return new Date(now.getTime() - value * dayMs);
  if (unit === 'WEEKS') return new Date(now.getTime() - value * 7 * dayMs);
  const earlier = new Date(now);
  earlier.setUTCDate(1);
  earlier.setUTCMonth(now.getUTCMonth() - value * (unit === 'YEARS' ? 12 : 1));
  const last = new Date(Date.UTC(earlier.getUTCFullYear(), earlier.getUTCMonth() + 1, 0));
  earlier.setUTCDate(Math.min(now.getUTCDate(), last.getUTCDate()));
  return earlier;
}
