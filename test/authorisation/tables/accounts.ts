import { newCredential } from '../../../server/domain/access-keys.ts';
import { beginSession, sessionSeconds } from '../../../server/domain/sessions.ts';
import { newTask } from '../../../server/domain/tasks.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

export const table: AuthorisationTable = {
  nouns: {
    /** The caller's own; all of its keys but the one in use are gone. */
    account: {
      async make({ catalog, caller: { account, accessKeyId } }) {
        await catalog.write(async ({ credentials }) => {
          for (const { id } of await credentials.list({ where: { account } })) {
            if (id !== accessKeyId) await credentials.delete(id);
          }
        });
        return account;
      },
      missing: '999999999998',
      open: true,
      unseen: 'AccessDeniedException',
    },
    accessKey: {
      async make({ catalog, caller, clock }) {
        const row = newCredential(caller.account, clock.now().toISOString());
        await catalog.write(({ credentials }) => credentials.insert(row));
        return row.id;
      },
      missing: 'AKIAAAAAAAAAAAAAAAAA',
      unseen: 'NoSuchEntity',
    },
    session: {
      async make({ catalog, caller, clock }) {
        const row = await catalog.write((transaction) =>
          beginSession(transaction, caller, { clock, seconds: sessionSeconds.min }),
        );
        return row.id;
      },
      missing: 'ASIAAAAAAAAAAAAAAAAA',
      unseen: 'NoSuchEntity',
    },
    task: {
      async make(context) {
        const { account, region } = context.caller;
        const row = newTask({ kind: 'k', subject: 's', account, region, input: {} }, context);
        await context.catalog.write(({ tasks }) => tasks.insert({ ...row, state: 'succeeded' }));
        return row.id;
      },
      missing: 'task-0fedcba9876543210',
      unseen: 'InvalidTaskId.NotFound',
    },
  },
  actions: {
    'imago.ListProviderImages': ownOnly,
    'imago.PublishProviderImage': {
      with: { ImageId: 'ami-0fedcba9876543210', Name: 'web' },
      plain: ['ImageId', 'Name'],
    },
    'imago.RetireProviderImage': {
      with: { ImageId: 'ami-0fedcba9876543210' },
      plain: ['ImageId'],
    },
    'imago.ListVendorImages': ownOnly,
    'imago.PullImage': {
      with: { Name: 'debian-12' },
      plain: ['Name'],
    },
    'imago.BuildImage': { with: { Name: 'micro' }, plain: ['Name'] },
    'imago.CollectGarbage': ownOnly,
    'imago.CreateAccessKey': byOne('Account', 'account', { operator: 'ok' }),
    'imago.CreateAccount': { with: { Name: 'made' }, plain: ['Name'] },
    'imago.CreateSignIn': ownOnly,
    'imago.DeleteAccessKey': byOne('AccessKeyId', 'accessKey', { operator: 'ok' }),
    'imago.DeleteAccount': { plain: ['Account'] },
    'imago.DescribeAccount': byOne('Account', 'account', { operator: 'ok' }),
    'imago.DescribeCollection': ownOnly,
    'imago.DescribeStorageHistory': ownOnly,
    'imago.DescribeStorageUsage': ownOnly,
    'imago.DescribeStores': ownOnly,
    'imago.DescribeDoctor': ownOnly,
    'imago.DescribeServer': ownOnly,
    'imago.DescribeTasks': byOne('TaskIds', 'task', { operator: 'ok' }),
    'imago.DisableAccount': { plain: ['Account'] },
    'imago.EnableAccount': { plain: ['Account'] },
    'imago.EndSession': byOne('AccessKeyId', 'session'),
    'imago.ListAccessKeys': byOne('Account', 'account', { operator: 'ok' }),
    'imago.ListAccounts': ownOnly,
    'imago.ListSessions': ownOnly,
    /** For links alone: server/http/sessions.test.ts. */
    'imago.SignIn': ownOnly,
    'imago.UpdateAccessKey': byOne('AccessKeyId', 'accessKey', {
      with: { Status: 'Inactive' },
      operator: 'ok',
    }),
    'imago.TailLog': { connects: true },
    'imago.WatchChanges': { connects: true },
    'imago.UpdateAccount': { plain: ['Account', 'Name'] },
  },
};
