import type { UpdateRemoteRequest } from '../../../api/imago-remotes.ts';
import { accountOfCaller } from '../../domain/access-keys.ts';
import { changeKey, requiredRemote } from '../../domain/backups/remotes.ts';
import type { Operation } from '../operation.ts';

/** Its key alone: another place is another remote. */
export const updateRemote: Operation<UpdateRemoteRequest, Record<string, never>> = {
  accepts: ['RemoteId', 'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Account'],
  audience: 'operator',
  async run({ RemoteId: id, Account: named, ...input }, { catalog, caller, masterKey }) {
    const key = {
      accessKeyId: input.AccessKeyId,
      secretAccessKey: input.SecretAccessKey,
      ...(input.SessionToken !== undefined && { sessionToken: input.SessionToken }),
    };
    await catalog.write(async (transaction) => {
      const { id: account } = await accountOfCaller(transaction, caller, named);
      const owner = { account, region: caller.region };
      const remote = await requiredRemote(transaction, owner, id);
      await changeKey(transaction, remote, key, masterKey);
    });
    return {};
  },
};
