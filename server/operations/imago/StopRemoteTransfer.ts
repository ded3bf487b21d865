import type { StopRemoteTransferRequest } from '../../../api/imago-remotes.ts';
import { requiredTransfer, stopTransfer } from '../../domain/backups/remote-transfers.ts';
import type { Operation } from '../operation.ts';

/** Nothing of one that has ended. */
export const stopRemoteTransfer: Operation<StopRemoteTransferRequest, Record<string, never>> = {
  accepts: ['TransferId'],
  async run({ TransferId: id }, { catalog, caller, clock }) {
    await catalog.write(async (transaction) => {
      const transfer = await requiredTransfer(transaction, caller, id);
      await stopTransfer(transaction, transfer, clock.now());
    });
    return {};
  },
};
