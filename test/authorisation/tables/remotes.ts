/** Remotes, which the operator makes, and what is sent there and fetched from there. */
import { createRemote } from '../../../server/operations/imago/CreateRemote.ts';
import { pushBackup } from '../../../server/operations/imago/PushBackup.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { insertImage } from '../../../server/operations/test-images.ts';
import { type AuthorisationTable, byOne } from '../table.ts';

const place = {
  Name: 'made',
  Endpoint: 'https://imago.example',
  Region: 'us-east-1',
  AccessKeyId: 'AKIAEXAMPLE',
  SecretAccessKey: 'secret',
};

async function makeRemote(context: OperationContext): Promise<string> {
  const Name = context.ids.uuid();
  return (await createRemote.run({ ...place, Name }, context)).RemoteId;
}

export const table: AuthorisationTable = {
  nouns: {
    remote: {
      make: makeRemote,
      missing: 'remote-0fedcba9876543210',
      unseen: 'InvalidRemoteId.NotFound',
    },
    remoteTransfer: {
      async make(context) {
        const { id: BackupId } = await insertImage(context);
        const RemoteId = await makeRemote(context);
        return (await pushBackup.run({ BackupId, RemoteId }, context)).TransferId;
      },
      missing: 'transfer-0fedcba9876543210',
      unseen: 'InvalidTransferId.NotFound',
    },
  },
  actions: {
    'imago.CreateRemote': { with: place, plain: ['Name', 'AccessKeyId', 'Account'] },
    'imago.DescribeRemotes': byOne('RemoteIds', 'remote'),
    'imago.UpdateRemote': byOne('RemoteId', 'remote', {
      with: { AccessKeyId: 'AKIAEXAMPLE', SecretAccessKey: 'other' },
      plain: ['AccessKeyId', 'Account'],
    }),
    'imago.DeleteRemote': byOne('RemoteId', 'remote'),
    'imago.PushBackup': {
      needs: { BackupId: 'image', RemoteId: 'remote' },
      names: [
        { path: 'BackupId', noun: 'image', seen: 'AuthFailure' },
        { path: 'RemoteId', noun: 'remote' },
      ],
    },
    'imago.PullBackup': byOne('RemoteId', 'remote', {
      with: { FarBackupId: 'snap-0fedcba9876543210' },
      plain: ['FarBackupId', 'Name'],
    }),
    'imago.GetBackupRecord': {
      names: [{ path: 'BackupId', noun: 'image', seen: 'AuthFailure' }],
    },
    'imago.PutBackupRecord': {
      with: { Record: '{"consistency":"crash"}' },
      names: [{ path: 'BackupId', noun: 'image', seen: 'AuthFailure' }],
    },
    'imago.StopRemoteTransfer': byOne('TransferId', 'remoteTransfer'),
    'imago.DescribeRemoteTransfers': {
      names: [
        { path: 'TransferIds', noun: 'remoteTransfer' },
        { path: 'RemoteIds', noun: 'remote' },
      ],
    },
  },
};
