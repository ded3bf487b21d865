/**
 * With whom a snapshot is shared: with accounts, and with all. Whom that shows it to is said by
 * catalog/rows/snapshot.ts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { AccountSettings } from '../catalog/rows/account.ts';
import { viewerKey } from '../catalog/rows/row.ts';
import { type SnapshotRow, snapshotGrantees } from '../catalog/rows/snapshot.ts';
import { changeSettings, settingsOf } from './account-settings.ts';
import type { Clock, Ids } from './identity.ts';
import { changedPermissions, type PermissionChange } from './image-permissions.ts';
import { type SeenRows, sharedRows } from './seen-rows.ts';
import { newTask } from './tasks.ts';
import type { Owner, Viewer } from './viewer.ts';

/** Everybody who has an account here. */
const all = 'all';
/** As of an image; EC2 documents none. */
const permissionsMax = 1000;
/** In one transaction: others wait for it. */
const changedAtOnce = 100;

/** `settings` are the owner's in the snapshot's region. */
export function withVolumePermissions(
  snapshot: SnapshotRow,
  change: PermissionChange,
  settings: AccountSettings,
): SnapshotRow {
  const before = snapshot.createVolumePermissions ?? [];
  const { permissions, added } = changedPermissions(before, change);
  if (added.includes(all)) checkPublic(snapshot, settings);
  if (permissions.length > permissionsMax) {
    throw new ServiceError(
      'ResourceLimitExceeded',
      `The snapshot ${snapshot.id} cannot be shared with more than ${permissionsMax} accounts.`,
    );
  }
  return { ...snapshot, createVolumePermissions: permissions };
}

function checkPublic(
  { id, productCodes }: SnapshotRow,
  { snapshotBlockPublicAccess: state = 'unblocked' }: AccountSettings,
): void {
  if (productCodes?.length) {
    throw new ServiceError(
      'OperationNotPermitted',
      `The snapshot ${id} has a product code of the marketplace and cannot be made public.`,
    );
  }
  if (state === 'unblocked') return;
  throw new ServiceError(
    'OperationNotPermitted',
    `You can't publicly share this snapshot because block public access for snapshots is enabled for this account (${state}). To publicly share the snapshot, you must call the DisableSnapshotBlockPublicAccess API.`,
  );
}

export type BlockPublicAccess = NonNullable<AccountSettings['snapshotBlockPublicAccess']>;

/**
 * Also of snapshots that are public already: under `block-all-sharing` they are so no longer. Of
 * more than are changed at once the others follow by a task (tasks/block-public-access.ts).
 */
export async function blockPublicAccess(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  snapshotBlockPublicAccess: BlockPublicAccess,
  { site, ...identity }: { site: { hostId: string }; clock: Clock; ids: Ids },
): Promise<void> {
  const owner = { account, region };
  await changeSettings(transaction, owner, { snapshotBlockPublicAccess });
  const after = await followSettings(transaction, owner);
  if (after === undefined) return;
  const input: BlockPublicAccessInput = { ...owner, after };
  const order = { kind: 'block-public-access', subject: `${account}/${region}`, ...owner, input };
  await transaction.tasks.insert(newTask({ ...order, host: site.hostId }, identity));
}

export interface BlockPublicAccessInput extends Owner {
  after: string;
}

/**
 * Brings public snapshots in line with what the settings say now, some of them: the id after which
 * the next come, nothing when these were the last.
 */
export async function followSettings(
  transaction: CatalogTransaction,
  owner: Owner,
  after?: string,
): Promise<string | undefined> {
  const { snapshots } = transaction;
  const { snapshotBlockPublicAccess } = await settingsOf(transaction, owner);
  const blocked = snapshotBlockPublicAccess === 'block-all-sharing';
  const where = { publicOwner: viewerKey(owner.region, owner.account) };
  const rows = await snapshots.list({ where, after, limit: changedAtOnce });
  for (const { publicAccessBlocked = false, ...rest } of rows) {
    if (publicAccessBlocked === blocked) continue;
    await snapshots.update(blocked ? { ...rest, publicAccessBlocked: true } : rest);
  }
  return rows.length < changedAtOnce ? undefined : rows.at(-1)?.id;
}

export interface Restorable {
  /** Those, and perhaps others. */
  rows: SeenRows;
  matches(row: SnapshotRow): boolean;
}

/**
 * Snapshots of which one of these users makes volumes, as RestorableByUserIds means it: as owner,
 * or since they are shared explicitly. With whom else a snapshot is shared is told to its owner
 * only.
 */
export function restorableBy(users: readonly string[], viewer: Viewer): Restorable {
  const { account } = viewer;
  const wrong = users.find((user) => !/^(self|all|\d{12})$/.test(user));
  if (wrong !== undefined) {
    throw new ServiceError('InvalidUserID.Malformed', `Invalid user id: "${wrong}"`);
  }
  const asked = users.map((user) => (user === 'self' ? account : user));
  const told = (grantee: string, owner: string) =>
    grantee === all || grantee === account || owner === account;
  return {
    rows: sharedRows(viewer, asked),
    matches: (row) =>
      [row.account, ...snapshotGrantees(row)].some(
        (grantee) => asked.includes(grantee) && told(grantee, row.account),
      ),
  };
}
