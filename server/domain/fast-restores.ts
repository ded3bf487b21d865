/**
 * Fast snapshot restores: in a zone an account has a snapshot's bytes kept as a plain base
 * (host/local/plain-bases.ts), so that its volumes are read at the speed of the disk from the first
 * read on. There is one file, in however many zones and by however many accounts it is asked for.
 *
 *   Enable… --> enabling --> optimizing --> enabled --Disable…, the snapshot is deleted--> disabling
 *                    \------------\--no room, or blocks are lost--> disabled <----------------/
 *
 * A file that had to make way for want of room is made again: `optimizing` once more. A snapshot
 * whose blocks are sealed has none: its bytes would be plain on the disk.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { FastRestoreRow } from '../catalog/rows/fast-restore.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { gibBytes } from '../foundations/sizes.ts';
import type { Clock, Ids } from './identity.ts';
import { zoneIdOf } from './regions.ts';
import { type Site, zonesOf } from './site.ts';
import { completed, requiredSnapshots } from './snapshots.ts';
import { newTask, unfinishedStates } from './tasks.ts';
import type { Owner, Viewer } from './viewer.ts';

/** EC2's default for an account, here in each zone. */
const snapshotsMax = 5;
/** How long one that is disabled is shown: as EC2 shows what ended. */
const disabledShownMs = 60 * 60 * 1000;
const removedAtOnce = 100;

export const enableKind = 'enable-fast-restore';
export const disableKind = 'disable-fast-restore';

export const livingStates = ['enabling', 'optimizing', 'enabled'] as const;

export interface FastRestoreInput {
  id: string;
  root: string;
  sizeBytes: number;
}

export interface RestoreIdentity {
  clock: Clock;
  ids: Ids;
  site: Site;
}

export interface FastRestoreOrder {
  snapshotIds: readonly string[];
  zones: readonly string[];
}

export interface FastRestoreError {
  snapshotId: string;
  availabilityZone: string;
  code: string;
  message: string;
}

export interface FastRestoreResult {
  changed: FastRestoreRow[];
  failed: FastRestoreError[];
}

export function isLiving({ state }: FastRestoreRow): boolean {
  return livingStates.some((each) => each === state);
}

/** Named by names or ids of zones, one or the other. */
export function requestedZones(
  site: Site,
  region: string,
  names: readonly string[] | undefined,
  ids: readonly string[] | undefined,
): string[] {
  if ((names === undefined) === (ids === undefined)) {
    throw new ServiceError(
      names ? 'InvalidParameterCombination' : 'MissingParameter',
      'Zones are named by AvailabilityZones or by AvailabilityZoneIds.',
    );
  }
  const known = zonesOf(site, region);
  const given = [...new Set(names ?? ids)];
  return given.map((each) => {
    const zone = known.find((name) => (names ? name : zoneIdOf(name)) === each);
    if (zone !== undefined) return zone;
    throw new ServiceError('InvalidZone.NotFound', `The zone '${each}' does not exist.`);
  });
}

export async function enableFastRestores(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: FastRestoreOrder,
  identity: RestoreIdentity,
): Promise<FastRestoreResult> {
  return each(transaction, viewer, order, async (snapshot, zone) => {
    const { fastRestores } = transaction;
    const id = idOf(snapshot.id, zone, viewer);
    const known = await fastRestores.get(id);
    if (known && isLiving(known)) return known;
    if (known?.state === 'disabling') {
      throw new ServiceError('IncorrectState', 'Fast snapshot restores are being disabled.');
    }
    const { root, volumeSizeGiB, encryption } = completed(snapshot);
    if (encryption) {
      throw new ServiceError(
        'UnsupportedOperation',
        'The blocks of an encrypted snapshot are never plain on the disk of the host.',
      );
    }
    await checkLimit(transaction, viewer, zone);
    if (known) await fastRestores.delete(id);
    const row: FastRestoreRow = {
      id,
      account: viewer.account,
      region: viewer.region,
      createdAt: identity.clock.now().toISOString(),
      snapshotId: snapshot.id,
      availabilityZone: zone,
      state: 'enabling',
      root,
      sizeBytes: volumeSizeGiB * gibBytes,
    };
    await fastRestores.insert(row);
    await orderTask(transaction, row, enableKind, identity);
    return row;
  });
}

export async function disableFastRestores(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: FastRestoreOrder,
  identity: RestoreIdentity,
): Promise<FastRestoreResult> {
  return each(transaction, viewer, order, async (snapshot, zone) => {
    const row = await transaction.fastRestores.get(idOf(snapshot.id, zone, viewer));
    if (row && isLiving(row)) return disable(transaction, row, identity);
    if (row?.state === 'disabling') return row;
    throw new ServiceError(
      'InvalidParameterValue',
      `Fast snapshot restores are not enabled for ${snapshot.id} in ${zone}.`,
    );
  });
}

async function disable(
  transaction: CatalogTransaction,
  row: FastRestoreRow,
  identity: RestoreIdentity,
): Promise<FastRestoreRow> {
  const at = identity.clock.now().toISOString();
  const disabling = { ...row, state: 'disabling' as const, disablingAt: at };
  const updated = await transaction.fastRestores.update(disabling);
  await cancelTasks(transaction.tasks, row.id);
  await orderTask(transaction, row, disableKind, identity);
  return updated;
}

/** Each snapshot in each zone by itself; a snapshot that is not seen fails all. */
async function each(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { snapshotIds, zones }: FastRestoreOrder,
  change: (snapshot: SnapshotRow, zone: string) => Promise<FastRestoreRow>,
): Promise<FastRestoreResult> {
  const result: FastRestoreResult = { changed: [], failed: [] };
  const named = await requiredSnapshots(transaction, viewer, [...new Set(snapshotIds)]);
  for (const snapshot of named) {
    for (const availabilityZone of zones) {
      try {
        result.changed.push(await change(snapshot, availabilityZone));
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        const { code, message } = error;
        result.failed.push({ snapshotId: snapshot.id, availabilityZone, code, message });
      }
    }
  }
  return result;
}

async function checkLimit(
  { fastRestores }: CatalogReader,
  { account, region }: Viewer,
  zone: string,
): Promise<void> {
  const rows = await fastRestores.list({ where: { account, region, state: livingStates } });
  if (rows.filter((row) => row.availabilityZone === zone).length < snapshotsMax) return;
  throw new ServiceError(
    'ResourceLimitExceeded',
    `An account has fast snapshot restores of at most ${snapshotsMax} snapshots in a zone.`,
  );
}

async function orderTask(
  { tasks }: CatalogTransaction,
  { id, account, region, root, sizeBytes }: FastRestoreRow,
  kind: typeof enableKind | typeof disableKind,
  { site, ...identity }: RestoreIdentity,
): Promise<void> {
  const input: FastRestoreInput = { id, root, sizeBytes };
  const order = { kind, subject: id, account, region, host: site.hostId, input };
  await tasks.insert(newTask(order, identity));
}

/** What a volume of the snapshot is told from its beginning. */
export async function fastRestored(
  { fastRestores }: CatalogReader,
  owner: Pick<Owner, 'account'>,
  snapshot: SnapshotRow | undefined,
  zone: string,
): Promise<{ fastRestored?: true }> {
  const row = snapshot && (await fastRestores.get(idOf(snapshot.id, zone, owner)));
  return row?.state === 'enabled' ? { fastRestored: true } : {};
}

/** The snapshot is deleted; what is left of it on hosts is let go of by a later look. */
export async function endFastRestores(
  { fastRestores, tasks }: CatalogTransaction,
  snapshotId: string,
  now: Date,
): Promise<void> {
  for (const row of await fastRestores.list({ where: { snapshotId } })) {
    if (row.state === 'disabled') continue;
    const at = now.toISOString();
    const ended = { disablingAt: at, ...row, state: 'disabled' as const, disabledAt: at };
    await fastRestores.update(ended);
    await cancelTasks(tasks, row.id);
  }
}

/** What is being done is undone, as nobody waits for it any more. */
async function cancelTasks(tasks: CatalogTransaction['tasks'], subject: string): Promise<void> {
  for (const task of await tasks.list({ where: { subject, state: unfinishedStates } })) {
    if (task.kind === enableKind) await tasks.update({ ...task, cancelled: true });
  }
}

/**
 * What came to be otherwise than by a request: snapshots that went into the archive, files that made
 * way, or that nobody wants any more.
 * Answers the roots of the latter; `kept` are those that were ordered.
 */
export async function reviewFastRestores(
  transaction: CatalogTransaction,
  kept: readonly { root: string; isThere: boolean }[],
  identity: RestoreIdentity,
): Promise<string[]> {
  const { fastRestores, snapshots } = transaction;
  const rows = await fastRestores.list({ where: { state: livingStates } });
  const living = new Set<string>();
  for (const row of rows) {
    const { root, state, snapshotId } = row;
    if ((await snapshots.get(snapshotId))?.root !== root) {
      await endFastRestores(transaction, snapshotId, identity.clock.now());
      continue;
    }
    living.add(root);
    if (state !== 'enabled' || kept.some((file) => file.root === root && file.isThere)) continue;
    const optimizingAt = identity.clock.now().toISOString();
    await fastRestores.update({ ...row, state: 'optimizing', optimizingAt });
    await orderTask(transaction, row, enableKind, identity);
  }
  await forgetDisabled(transaction, identity.clock.now());
  return kept.map(({ root }) => root).filter((root) => !living.has(root));
}

async function forgetDisabled({ fastRestores }: CatalogTransaction, now: Date): Promise<void> {
  const before = new Date(now.getTime() - disabledShownMs).toISOString();
  const disabled = await fastRestores.list({ where: { state: 'disabled' }, limit: removedAtOnce });
  for (const { id, disabledAt = '' } of disabled) {
    if (disabledAt <= before) await fastRestores.delete(id);
  }
}

function idOf(snapshotId: string, zone: string, { account }: Pick<Owner, 'account'>): string {
  return `${snapshotId}:${zone}:${account}`;
}
