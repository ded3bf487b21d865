/**
 * What both have, this Imago and a remote: over what the next one is sent or fetched, and what was
 * sent already. One whose snapshot here is gone says of a volume's others which are its kin there, so
 * the newest of those are remembered for as long as there is any of the volume's here; all others go
 * with what they are of.
 */
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import { type RemoteCopyRow, remoteCopyId } from '../../catalog/rows/remote.ts';
import type { Owner } from '../viewer.ts';
import type { PushedSnapshot } from './pushed-backup.ts';

/** Of a lineage at a remote: of these the ones that are gone here are remembered, too. */
const newestMax = 20;

export interface KnownParent {
  farId: string;
  snapshotId: string;
  region: string;
  root: string;
}

/** What of the lineage is there already, and whole here: the newest of it. */
export async function parentOf(
  reader: CatalogReader,
  remoteId: string,
  { snapshotId, lineage, volumeSizeGiB }: PushedSnapshot,
): Promise<KnownParent | undefined> {
  if (lineage === undefined) return undefined;
  const known = await knownOfLineage(reader, remoteId, { lineage, volumeSizeGiB });
  return known.find((each) => each.snapshotId !== snapshotId);
}

/** The newest first; those of larger volumes left out. */
export async function knownOfLineage(
  reader: CatalogReader,
  remoteId: string,
  { lineage, volumeSizeGiB }: { lineage: string; volumeSizeGiB: number },
): Promise<KnownParent[]> {
  const prefix = `${remoteId}/${lineage}/`;
  const found = await reader.remoteCopies.listKeys('lineage', { prefix, limit: newestMax });
  const known: KnownParent[] = [];
  for (const { id } of found) {
    const copy = await reader.remoteCopies.get(id);
    const row = copy && (await reader.snapshots.get(copy.localId));
    if (!copy || !row?.root || row.volumeSizeGiB > volumeSizeGiB) continue;
    const { region, root } = row;
    known.push({ farId: copy.farId, snapshotId: row.id, region, root });
  }
  return known;
}

/** Of what both have, by its id there. */
export async function knownByFarId(
  reader: CatalogReader,
  remoteId: string,
  farId: string,
): Promise<RemoteCopyRow | undefined> {
  const prefix = `${remoteId}/${farId}`;
  const [entry] = await reader.remoteCopies.listKeys('far', { prefix, limit: 1 });
  return entry && reader.remoteCopies.get(entry.id);
}

/** It is there no longer. Whoever has removed it there does not get it again for a tag. */
export async function forgetCopy(
  transaction: CatalogTransaction,
  remoteId: string,
  localId: string,
): Promise<void> {
  const { remoteCopies } = transaction;
  const copy = await remoteCopies.get(remoteCopyId(remoteId, localId));
  if (!copy) return;
  if (!(await isHere(transaction, localId))) await remoteCopies.delete(copy.id);
  else await remoteCopies.update({ ...copy, notOver: true });
}

/** What it is of may be gone by now. */
export async function rememberCopy(
  transaction: CatalogTransaction,
  row: RemoteCopyRow,
): Promise<void> {
  const { remoteCopies } = transaction;
  if (await remoteCopies.get(row.id)) await remoteCopies.delete(row.id);
  await remoteCopies.insert(row);
  await forgetIfGone(transaction, row);
  // Of those before it the last one is not among the newest any more.
  for (const { id } of (await newestOf(transaction, row)).slice(newestMax)) {
    const other = await remoteCopies.get(id);
    if (other) await forgetIfGone(transaction, other);
  }
}

/** A snapshot or an image is gone, and is in no recycle bin: whoever removes it for good says so. */
export async function forgetCopiesOf(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  localId: string,
): Promise<void> {
  for (const { id } of await transaction.remotes.list({ where: { account, region } })) {
    const copy = await transaction.remoteCopies.get(remoteCopyId(id, localId));
    if (copy) await forgetIfGone(transaction, copy);
  }
}

async function forgetIfGone(transaction: CatalogTransaction, copy: RemoteCopyRow): Promise<void> {
  const { remoteCopies } = transaction;
  if (await isHere(transaction, copy.localId)) return;
  let kin = await newestOf(transaction, copy);
  if (!kin.slice(0, newestMax).some(({ id }) => id === copy.id)) {
    await remoteCopies.delete(copy.id);
    kin = await newestOf(transaction, copy);
  }
  // Those that are older are here: each went when it was not.
  if (kin.length > newestMax) return;
  for (const { id } of kin) {
    const localId = (await remoteCopies.get(id))?.localId ?? '';
    if (await isHere(transaction, localId)) return;
  }
  for (const { id } of kin) await remoteCopies.delete(id);
}

/** Of its lineage, and one more, if there is one. */
async function newestOf({ remoteCopies }: CatalogReader, { remoteId, lineage }: RemoteCopyRow) {
  if (lineage === undefined) return [];
  const prefix = `${remoteId}/${lineage}/`;
  return remoteCopies.listKeys('lineage', { prefix, limit: newestMax + 1 });
}

/** What is in the recycle bin may come back, and was sent then. */
async function isHere(
  { snapshots, recycledSnapshots, images, formerImages }: CatalogReader,
  localId: string,
): Promise<boolean> {
  if (localId.startsWith('snap-')) {
    return [await snapshots.get(localId), await recycledSnapshots.get(localId)].some(Boolean);
  }
  if (await images.get(localId)) return true;
  return (await formerImages.get(localId))?.recycledUntil !== undefined;
}
