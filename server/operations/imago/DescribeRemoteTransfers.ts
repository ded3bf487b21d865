import type {
  DescribeRemoteTransfersRequest,
  DescribeRemoteTransfersResult,
  RemoteTransfer,
} from '../../../api/imago-remotes.ts';
import { allTransfers, type RemoteTransferRow } from '../../catalog/rows/remote.ts';
import { requiredTransfers } from '../../domain/backups/remote-transfers.ts';
import { requiredRemotes } from '../../domain/backups/remotes.ts';
import { newestPage } from '../../domain/newest-pages.ts';
import { cutPage, pageOf, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';

/** Those of the last month, the newest first. */
export const describeRemoteTransfers: Operation<
  DescribeRemoteTransfersRequest,
  DescribeRemoteTransfersResult
> = {
  accepts: ['TransferIds', 'RemoteIds', 'MaxResults', 'NextToken'],
  inPages: { list: 'Transfers', ids: 'TransferIds' },
  async run(input, { catalog, caller }) {
    const { TransferIds: ids = [], RemoteIds: remoteId } = input;
    const scope = { ...caller, action: 'DescribeRemoteTransfers' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (remoteId) await requiredRemotes(reader, caller, remoteId);
      if (ids.length === 0) {
        return newestPage(reader.remoteTransfers, caller, remoteId ?? [allTransfers], page);
      }
      const named = await requiredTransfers(reader, caller, ids);
      const asked = named.filter((row) => remoteId?.includes(row.remoteId) ?? true);
      return cutPage(asked, page);
    });
    return { Transfers: rows.map(transferShape), NextToken: nextToken };
  },
};

function shownState({ state, stopped }: RemoteTransferRow): RemoteTransfer['State'] {
  if (!stopped || state === 'completed') return state;
  return state === 'running' ? 'stopping' : 'stopped';
}

function transferShape(row: RemoteTransferRow): RemoteTransfer {
  return {
    TransferId: row.id,
    RemoteId: row.remoteId,
    Direction: row.direction,
    SourceId: row.sourceId,
    MadeId: row.madeId,
    State: shownState(row),
    Message: row.message,
    DoneBytes: row.doneBytes,
    TotalBytes: row.totalBytes,
    StartedAt: new Date(row.createdAt),
    EndedAt: row.endedAt === undefined ? undefined : new Date(row.endedAt),
  };
}
