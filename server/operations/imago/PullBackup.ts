import type { PullBackupRequest, PullBackupResult } from '../../../api/imago-remotes.ts';
import { orderPull } from '../../domain/backups/remote-transfers.ts';
import { requiredRemote } from '../../domain/backups/remotes.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import type { Operation } from '../operation.ts';

export const pullBackup: Operation<PullBackupRequest, PullBackupResult> = {
  accepts: ['RemoteId', 'FarBackupId', 'Name'],
  async run(input, { catalog, caller, clock, host, ids, site }) {
    const { RemoteId, FarBackupId: farId, Name: name } = input;
    checkDiskRoom(await host.measure(), caller.region);
    const place = { clock, ids, hostId: site.hostId };
    const { id } = await catalog.write(async (transaction) => {
      const remote = await requiredRemote(transaction, caller, RemoteId);
      return orderPull(transaction, caller, { farId, remote, name }, place);
    });
    return { TransferId: id };
  },
};
