import type { PushBackupRequest, PushBackupResult } from '../../../api/imago-remotes.ts';
import { orderPush } from '../../domain/backups/remote-transfers.ts';
import { requiredRemote } from '../../domain/backups/remotes.ts';
import type { Operation } from '../operation.ts';

export const pushBackup: Operation<PushBackupRequest, PushBackupResult> = {
  accepts: ['BackupId', 'RemoteId'],
  async run({ BackupId: backupId, RemoteId }, { catalog, caller, clock, ids, site }) {
    const place = { clock, ids, hostId: site.hostId };
    const { id } = await catalog.write(async (transaction) => {
      const remote = await requiredRemote(transaction, caller, RemoteId);
      return orderPush(transaction, caller, { backupId, remote }, place);
    });
    return { TransferId: id };
  },
};
