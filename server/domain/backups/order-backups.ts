/**
 * Backups that a policy orders when it is due: of each of its sources one, in a transaction of its
 * own, for all schedules whose time it is. A source that was done is not done again for the same
 * time, so a run that was cut off goes on where it was. What could not be ordered is owed for a while
 * (owed-backups.ts).
 */
import { orRefusal, type ServiceError } from '../../../api/service-error.ts';
import type {
  Catalog,
  CatalogReader,
  CatalogTransaction,
  KeyEntry,
} from '../../catalog/catalog.ts';
import type { BackupOrigin } from '../../catalog/rows/backup.ts';
import {
  type BackupPolicyRow,
  type BackupSchedule,
  backupSourceId,
  type Retention,
} from '../../catalog/rows/backup-policy.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import { tagPrefix } from '../../catalog/rows/row.ts';
import { groupsOf } from '../accounts.ts';
import { freeName } from '../images.ts';
import { type Identity, orderImage } from '../order-capture.ts';
import { orderSnapshot, orderSnapshots } from '../order-snapshots.ts';
import type { Viewer } from '../viewer.ts';
import { stayingVolumes } from '../volume-attachments.ts';
import { inDays } from './ages.ts';
import { backupTags } from './backup-tags.ts';
import { dueFor, noteMissed, noteOwed, withoutOwed } from './owed-backups.ts';
import { afterDue, dueOf, planned } from './policies.ts';
import { isWanted, type Source, sourceOf } from './policy-sources.ts';
import { scriptsToRun } from './scripts.ts';

/** Read at a time. */
const atOnce = 100;
/** A backup is looked at soon after it was ordered. */
const firstLookMs = 15_000;

export interface LeftBackup {
  policy: string;
  source: string;
  why: Error;
}

/** Of one policy. Answers what could not be ordered. */
export async function orderDue(
  catalog: Catalog,
  policyId: string,
  identity: Identity,
): Promise<LeftBackup[]> {
  const now = identity.clock.now();
  const row = await catalog.read(({ backupPolicies }) => backupPolicies.get(policyId));
  if (row?.state !== 'ENABLED') return [];
  const due = dueOf(row, now);
  const left: LeftBackup[] = [];
  if (due.length > 0) {
    for await (const source of sourcesOf(catalog, row)) {
      const order = catalog.write((transaction) =>
        orderBackup(transaction, policyId, source, identity),
      );
      const why = await orRefusal(order);
      if (!why) continue;
      left.push({ policy: policyId, source, why });
      const about = { policyId, sourceId: source };
      await catalog.write((transaction) => noteOwed(transaction, about, why, now));
    }
  }
  await catalog.write(async ({ backupPolicies }) => {
    const fresh = await backupPolicies.get(policyId);
    if (fresh) await backupPolicies.update(planned(withoutDue(fresh, due, now), now));
  });
  return left;
}

/** Of one source, what it is owed; `noRoom` answers why there is none for it. */
export async function orderOwed(
  catalog: Catalog,
  id: string,
  identity: Identity,
  noRoom: (region: string) => Promise<ServiceError | undefined>,
): Promise<LeftBackup[]> {
  const row = await catalog.read(({ backupSources }) => backupSources.get(id));
  if (!row?.owed) return [];
  const { policyId, sourceId, region } = row;
  const why =
    (await noRoom(region)) ??
    (await orRefusal(
      catalog.write((transaction) => orderBackup(transaction, policyId, sourceId, identity)),
    ));
  if (!why) return [];
  const now = identity.clock.now();
  await catalog.write((transaction) => noteMissed(transaction, id, why, now));
  return [{ policy: policyId, source: sourceId, why }];
}

/** The times that were done. What the policy was told before is over. */
function withoutDue(
  row: BackupPolicyRow,
  done: readonly BackupSchedule[],
  now: Date,
): BackupPolicyRow {
  if (done.length === 0) return row;
  const { statusMessage: _, ...rest } = row;
  return { ...rest, schedules: afterDue(row.schedules, done, now) };
}

/** Those with one of its tags, found by the tags; of a default policy all that its account has. */
async function* sourcesOf(catalog: Catalog, policy: BackupPolicyRow): AsyncIterable<string> {
  if (!policy.targetTags) {
    yield* allOf(catalog, policy);
    return;
  }
  const seen = new Set<string>();
  for (const { key, value } of policy.targetTags) {
    for await (const id of taggedWith(catalog, policy, tagPrefix(policy, key) + value)) {
      if (!seen.has(id)) yield id;
      seen.add(id);
    }
  }
}

async function* allOf(catalog: Catalog, { account, region, of }: BackupPolicyRow) {
  for (let last: string | undefined = ''; last !== undefined; ) {
    const query = { where: { account, region }, after: last, limit: atOnce };
    const rows: { id: string }[] = await catalog.read(
      async ({ instances, volumes }): Promise<{ id: string }[]> =>
        of === 'instances' ? instances.list(query) : volumes.list(query),
    );
    for (const { id } of rows) yield id;
    last = rows.length < atOnce ? undefined : rows.at(-1)?.id;
  }
}

/** By the index alone; values that only begin like this one come after it. */
export async function* taggedWith(
  catalog: Catalog,
  { of }: Pick<BackupPolicyRow, 'of'>,
  tag: string,
) {
  for (let last: KeyEntry | undefined = { value: tag, id: '' }; last; ) {
    const range = { prefix: tag, after: last, limit: atOnce };
    const entries: KeyEntry[] = await catalog.read((reader) => reader[of].listKeys('tag', range));
    const same = entries.filter(({ value }) => value === tag);
    for (const { id } of same) yield id;
    last = same.length < atOnce ? undefined : same.at(-1);
  }
}

async function orderBackup(
  transaction: CatalogTransaction,
  policyId: string,
  sourceId: string,
  identity: Identity,
): Promise<void> {
  const now = identity.clock.now();
  const policy = await transaction.backupPolicies.get(policyId);
  const owner = policy && (await transaction.accounts.get(policy.account));
  const id = backupSourceId(policyId, sourceId);
  const known = await transaction.backupSources.get(id);
  const isActive = policy?.state === 'ENABLED' && owner && !owner.disabled;
  const due = isActive ? dueFor(policy, known, now) : [];
  const [first, ...others] = due.sort(longestFirst);
  const source = first && policy && (await sourceOf(transaction, policy, sourceId));
  if (!source || !owner || !(await isWanted(transaction, policy, source, first, now))) {
    if (known?.owed) await transaction.backupSources.update(withoutOwed(known));
    return;
  }
  const origin = {
    policyId,
    schedule: first.name,
    ...(others.length > 0 && { alsoFor: others.map(({ name }) => name) }),
    dueAt: first.nextAt,
  };
  const viewer = { account: owner.id, region: policy.region, groups: groupsOf(owner) };
  const made = await order(transaction, viewer, policy, { source, due, origin, identity });
  const nextLookAt = new Date(now.getTime() + firstLookMs).toISOString();
  for (const each of new Set([sourceId, ...made])) {
    const rowId = backupSourceId(policyId, each);
    const before = await transaction.backupSources.get(rowId);
    const orderedFor = { ...before?.orderedFor };
    if (each === sourceId) for (const { name, nextAt } of due) orderedFor[name] = nextAt ?? '';
    if (before) {
      // What is due for others of its backups is not put off.
      const first = [before.nextLookAt, nextLookAt].sort()[0] ?? nextLookAt;
      await transaction.backupSources.update({
        ...withoutOwed(before),
        orderedFor,
        nextLookAt: first,
      });
    } else {
      const { account, region } = policy;
      const about = { account, region, createdAt: now.toISOString(), policyId, sourceId: each };
      await transaction.backupSources.insert({ id: rowId, ...about, orderedFor, nextLookAt });
    }
  }
}

interface Ordered {
  source: Source;
  /** The one that is kept longest first. */
  due: readonly BackupSchedule[];
  origin: Omit<BackupOrigin, 'sourceId'>;
  identity: Identity;
}

/** Answers of what there are backups then. */
async function order(
  transaction: CatalogTransaction,
  viewer: Viewer,
  policy: BackupPolicyRow,
  { source, due, origin, identity }: Ordered,
): Promise<string[]> {
  const now = identity.clock.now();
  const description = `Created for policy: ${policy.id} schedule: ${origin.schedule}`;
  if ('volume' in source) {
    const { volume } = source;
    const tags = backupTags(policy, due, volume.tags, undefined, now);
    const backup = { ...origin, sourceId: volume.id };
    await orderSnapshot(transaction, volume, { description, tags, backup }, identity);
    return [];
  }
  const { instance } = source;
  const { id } = instance;
  if (policy.makes === 'images') {
    const stamp = now.toISOString().replaceAll(':', '.');
    const tags = backupTags(policy, due, instance.tags, id, now);
    const name = `${policy.id}_${id}_${stamp}`;
    const asked = {
      name: await freeName(transaction, viewer, name, identity.ids),
      description,
      reboot: policy.reboot ?? false,
      mappings: [],
      imageTags: tags,
      snapshotTags: tags,
      backup: { ...origin, sourceId: id },
    };
    await orderImage(transaction, viewer, instance, asked, identity);
    return [];
  }
  const excludedVolumeIds = await excludedOf(transaction, policy, instance);
  const snapshots = await orderSnapshots(
    transaction,
    instance,
    {
      excludeBoot: policy.excludeBootVolume ?? false,
      excludedVolumeIds,
      description,
      tags: backupTags(policy, due, {}, id, now),
      copyTags: due.some(({ copyTags }) => copyTags),
      backup: origin,
      scripts: await scriptsToRun(transaction, policy, due, instance, identity.ids),
    },
    identity,
  );
  return snapshots.map(({ volumeId }) => volumeId);
}

async function excludedOf(
  reader: CatalogReader,
  { excludeDataVolumeTags: tags = [] }: BackupPolicyRow,
  instance: InstanceRow,
): Promise<string[]> {
  if (tags.length === 0) return [];
  return (await stayingVolumes(reader, instance))
    .filter(({ attachment }) => attachment?.deviceName !== instance.rootDeviceName)
    .filter((volume) => tags.some(({ key, value }) => volume.tags[key] === value))
    .map(({ id }) => id);
}

function longestFirst(one: BackupSchedule, other: BackupSchedule): number {
  return length(other.retain) - length(one.retain);
}

function length(retain: Retention): number {
  return 'count' in retain ? retain.count : inDays(retain.age);
}
