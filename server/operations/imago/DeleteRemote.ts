import type { DeleteRemoteRequest } from '../../../api/imago-remotes.ts';
import { deleteRemote as remove, requiredRemote } from '../../domain/backups/remotes.ts';
import type { Operation } from '../operation.ts';

/** What was sent there stays there. */
export const deleteRemote: Operation<DeleteRemoteRequest, Record<string, never>> = {
  accepts: ['RemoteId'],
  async run({ RemoteId: id }, { catalog, caller }) {
    await catalog.write(async (transaction) =>
      remove(transaction, await requiredRemote(transaction, caller, id)),
    );
    return {};
  },
};
