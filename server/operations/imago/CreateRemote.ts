import type { CreateRemoteRequest, CreateRemoteResult } from '../../../api/imago-remotes.ts';
import { accountOfCaller } from '../../domain/access-keys.ts';
import { createRemote as create } from '../../domain/backups/remotes.ts';
import type { Operation } from '../operation.ts';

export const createRemote: Operation<CreateRemoteRequest, CreateRemoteResult> = {
  accepts: [
    'Name',
    'Endpoint',
    'Region',
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'CertificateAuthority',
    'BytesPerSecond',
    'SendTags.Key',
    'SendTags.Value',
    'Account',
  ],
  audience: 'operator',
  async run(input, { catalog, caller, clock, ids, masterKey }) {
    const { Account: named, SendTags = [] } = input;
    const order = {
      name: input.Name,
      ...(input.Endpoint !== undefined && { endpoint: input.Endpoint }),
      farRegion: input.Region,
      accessKeyId: input.AccessKeyId,
      secretAccessKey: input.SecretAccessKey,
      ...(input.SessionToken !== undefined && { sessionToken: input.SessionToken }),
      ...(input.CertificateAuthority !== undefined && { authority: input.CertificateAuthority }),
      ...(input.BytesPerSecond !== undefined && { bytesPerSecond: input.BytesPerSecond }),
      sends: SendTags.map(({ Key: key, Value: value }) => ({ key, value })),
    };
    const { id } = await catalog.write(async (transaction) => {
      const { id: account } = await accountOfCaller(transaction, caller, named);
      const owner = { account, region: caller.region };
      return create(transaction, owner, order, { clock, ids, masterKey });
    });
    return { RemoteId: id };
  },
};
