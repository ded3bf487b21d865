/** Which backups are sent to a remote by themselves: those that have one of its tags. */
import type { CatalogReader } from '../../catalog/catalog.ts';
import { type RemoteRow, remoteCopyId } from '../../catalog/rows/remote.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { isOwn } from '../viewer.ts';
import { type BackupRow, isImage, isWhole } from './backups.ts';
import { runningMax } from './remote-transfers.ts';
import { isSet, keyOfSet, partsOfSet, type SetRow } from './snapshot-sets.ts';

/**
 * What is to be sent now because of a backup: itself, or the snapshot of the boot disk that it was
 * taken with, which takes it along. Nothing of what was sent, or was stopped on its way.
 */
export async function toBeSent(
  reader: CatalogReader,
  remote: RemoteRow,
  row: BackupRow,
): Promise<BackupRow | undefined> {
  const root = isImage(row) ? undefined : await rootToBeSent(reader, remote, row);
  const sent = root ?? row;
  return (await isToBeSent(reader, remote, sent)) ? sent : undefined;
}

async function rootToBeSent(
  reader: CatalogReader,
  remote: RemoteRow,
  row: SnapshotRow,
): Promise<SetRow | undefined> {
  const { instanceId, setId } = row.backup ?? {};
  if (setId === undefined || instanceId === undefined || isSet(row)) return undefined;
  const root = await reader.snapshots.get(setId);
  if (!root || !isSet(root) || root.region !== row.region || !hasTag(remote, root))
    return undefined;
  const parts = await partsOfSet(reader, root);
  const isPart = parts.some(({ snapshot }) => snapshot?.id === row.id);
  const isSent = await reader.remoteCopies.get(remoteCopyId(remote.id, root.id));
  return isPart && !isSent ? root : undefined;
}

function hasTag(remote: RemoteRow, row: BackupRow): boolean {
  if (!isOwn(remote, row)) return false;
  return remote.sends?.some(({ key, value }) => row.tags[key] === value) ?? false;
}

async function isToBeSent(
  reader: CatalogReader,
  remote: RemoteRow,
  row: BackupRow,
): Promise<boolean> {
  if (!isWhole(row) || !hasTag(remote, row)) return false;
  // It goes with its image.
  if (await reader.images.count({ where: { snapshot: row.id } })) return false;
  if (await reader.remoteCopies.get(remoteCopyId(remote.id, row.id))) return false;
  // Those that it takes along tell of themselves when they are whole.
  if (isSet(row) && (await isUnderWay(reader, row))) return false;
  const prefix = `${remote.id}/push/${row.id}`;
  const ordered = await reader.remoteTransfers.listKeys('source', { prefix, limit: runningMax });
  for (const { id } of ordered) {
    const transfer = await reader.remoteTransfers.get(id);
    if (transfer?.state === 'running' || transfer?.stopped) return false;
  }
  return true;
}

async function isUnderWay(reader: CatalogReader, root: SetRow): Promise<boolean> {
  const rows = await reader.snapshots.list({ where: { backupSet: keyOfSet(root) } });
  return rows.some(({ state }) => state === 'pending');
}
