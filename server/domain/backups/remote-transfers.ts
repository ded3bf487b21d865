/**
 * Transfers of backups to a remote and from there: how one is ordered and ends. What is done is
 * tasks/push-backup.ts and tasks/pull-backup.ts; what is known of what is there remote-copies.ts.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import {
  type RemoteCopyRow,
  type RemoteRow,
  type RemoteTransferRow,
  remoteCopyId,
} from '../../catalog/rows/remote.ts';
import type { StateReason } from '../../catalog/rows/row.ts';
import type { Clock, Ids } from '../identity.ts';
import { checkName } from '../images.ts';
import { requiredRow, requiredRows } from '../resource-ids.ts';
import { newTask, unfinishedStates } from '../tasks.ts';
import type { Owner, Viewer } from '../viewer.ts';
import { type PushedBackup, pushedBackup } from './pushed-backup.ts';
import { rememberCopy } from './remote-copies.ts';

export const requiredTransfers = requiredRows('remoteTransfer');
export const requiredTransfer = requiredRow<RemoteTransferRow, Owner>(requiredTransfers);

/** Of one remote: they are done one after the other. */
export const runningMax = 1000;

export interface PushInput extends PushedBackup {
  transferId: string;
  remoteId: string;
  /** For a tag: the first one of which it is a copy, where another Imago has sent it here. */
  copyOf?: string;
  /** It was deleted meanwhile: by it what was put there is taken away. */
  formerRemote?: RemoteRow;
}

export interface PullInput {
  transferId: string;
  remoteId: string;
  farId: string;
  name?: string;
}

interface Place {
  clock: Clock;
  ids: Ids;
  hostId: string;
}

/** Of a backup that is whole, and the viewer's own. */
export async function orderPush(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { backupId, remote, copyOf }: { backupId: string; remote: RemoteRow; copyOf?: string },
  place: Place,
): Promise<RemoteTransferRow> {
  const pushed = await pushedBackup(transaction, viewer, backupId, place.clock.now());
  const transfer = newTransfer(viewer, { remote, direction: 'push', sourceId: backupId }, place);
  const about = { transferId: transfer.id, remoteId: remote.id };
  const input: PushInput = { ...about, ...pushed, ...(copyOf !== undefined && { copyOf }) };
  return begin(transaction, transfer, { kind: 'push-backup', input }, place);
}

export async function orderPull(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { farId, remote, name }: { farId: string; remote: RemoteRow; name?: string },
  place: Place,
): Promise<RemoteTransferRow> {
  if (!/^(ami|snap)-[0-9a-f]{8,17}$/.test(farId)) {
    throw new ServiceError('InvalidParameterValue', 'FarBackupId is ami-… or snap-….');
  }
  if (name !== undefined) {
    if (!farId.startsWith('ami-')) {
      throw new ServiceError('InvalidParameterCombination', 'Name is that of an image.');
    }
    await checkName(transaction, viewer, name);
  }
  const transfer = newTransfer(viewer, { remote, direction: 'pull', sourceId: farId }, place);
  const input: PullInput = {
    transferId: transfer.id,
    remoteId: remote.id,
    farId,
    ...(name !== undefined && { name }),
  };
  return begin(transaction, transfer, { kind: 'pull-backup', input }, place);
}

function newTransfer(
  { account, region }: Owner,
  about: { remote: RemoteRow } & Pick<RemoteTransferRow, 'direction' | 'sourceId'>,
  { clock, ids }: Place,
): RemoteTransferRow {
  const { remote, ...rest } = about;
  const createdAt = clock.now().toISOString();
  const begun = { state: 'running' as const, doneBytes: 0, totalBytes: 0 };
  const id = ids.resource('transfer');
  return { id, account, region, createdAt, remoteId: remote.id, ...rest, ...begun };
}

async function begin(
  { remoteTransfers, tasks }: CatalogTransaction,
  transfer: RemoteTransferRow,
  { kind, input }: { kind: string; input: PushInput | PullInput },
  { hostId, ...place }: Place,
): Promise<RemoteTransferRow> {
  const { account, region, remoteId } = transfer;
  const running = await remoteTransfers.count({ where: { remoteId, state: 'running' } });
  if (running >= runningMax) {
    throw new ServiceError('RequestLimitExceeded', `${running} transfers wait for their turn.`);
  }
  await remoteTransfers.insert(transfer);
  // One after the other: the next one is what has changed since.
  const order = { kind, subject: remoteId, account, region, host: hostId, input };
  await tasks.insert(newTask(order, place));
  return transfer;
}

export interface MadeCopies {
  madeId: string;
  /** What is not as it was. */
  message?: string;
  copies: Pick<RemoteCopyRow, 'localId' | 'farId' | 'lineage' | 'notOver'>[];
}

/** All is there. */
export async function completeTransfer(
  transaction: CatalogTransaction,
  transferId: string,
  { madeId, message, copies }: MadeCopies,
  now: Date,
): Promise<void> {
  const { remotes, remoteTransfers } = transaction;
  const transfer = await remoteTransfers.get(transferId);
  if (transfer?.state !== 'running') return;
  const { account, region, remoteId } = transfer;
  const endedAt = now.toISOString();
  await remoteTransfers.update({
    ...transfer,
    state: 'completed',
    doneBytes: transfer.totalBytes,
    madeId,
    ...(message !== undefined && { message }),
    endedAt,
  });
  if (!(await remotes.get(remoteId))) return;
  for (const copy of copies) {
    const id = remoteCopyId(remoteId, copy.localId);
    const row = { id, account, region, createdAt: endedAt, remoteId, ...copy };
    await rememberCopy(transaction, row);
  }
}

/** What it has put is taken away by its task; one that still waits for its turn ends at once. */
export async function stopTransfer(
  transaction: CatalogTransaction,
  transfer: RemoteTransferRow,
  now: Date,
): Promise<void> {
  if (transfer.state !== 'running' || transfer.stopped) return;
  const { remoteTransfers, tasks } = transaction;
  await remoteTransfers.update({ ...transfer, stopped: true });
  const where = { subject: transfer.remoteId, state: unfinishedStates };
  const task = (await tasks.list({ where })).find(
    ({ input }) => (input as PushInput | PullInput).transferId === transfer.id,
  );
  if (task) await tasks.update({ ...task, cancelled: true });
  if (task?.step === undefined) {
    const reason = { code: 'Client.UserInitiated', message: '' };
    await failTransfer(transaction, transfer.id, reason, now);
  }
}

export async function failTransfer(
  { remoteTransfers }: CatalogTransaction,
  transferId: string,
  { message }: StateReason,
  now: Date,
): Promise<void> {
  const transfer = await remoteTransfers.get(transferId);
  if (transfer?.state !== 'running') return;
  const endedAt = now.toISOString();
  const why = transfer.stopped ? stoppedMessage : message;
  const { left = [] } = transfer;
  const told =
    left.length > 0 ? `${why} What could not be taken away there: ${left.join(', ')}.` : why;
  await remoteTransfers.update({ ...transfer, state: 'failed', message: told, endedAt });
}

/** Of what it was to take away there: what is there still. */
export async function tellLeft(
  { remoteTransfers }: CatalogTransaction,
  transferId: string,
  { asked, left }: { asked: readonly string[]; left: readonly string[] },
): Promise<void> {
  const transfer = await remoteTransfers.get(transferId);
  if (transfer?.state !== 'running') return;
  const { left: before = [] } = transfer;
  const others = before.filter((each) => !asked.includes(each));
  await remoteTransfers.update({ ...transfer, left: [...others, ...left] });
}

const stoppedMessage = 'It was stopped.';

/** How far one that is under way has come. */
export async function tellOfTransfer(
  { remoteTransfers }: CatalogTransaction,
  transferId: string,
  told: Pick<RemoteTransferRow, 'doneBytes' | 'totalBytes'>,
): Promise<void> {
  const transfer = await remoteTransfers.get(transferId);
  if (transfer?.state === 'running') await remoteTransfers.update({ ...transfer, ...told });
}
