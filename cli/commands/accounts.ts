/** `imago accounts create|list|update|disable|enable|delete`: the accounts of the running Imago. */
import { renameSync } from 'node:fs';
import type { Account } from '../../api/imago-accounts.ts';
import type { Wire } from '../../api/wire.ts';
import { type CommandContext, connect } from '../context.ts';
import { forgetAccount, keyFile } from '../credentials.ts';
import { keepNewKey } from './accounts-keys.ts';

export interface CreateOptions {
  operator?: boolean;
  organization?: string;
}

export async function accountsCreateCommand(
  context: CommandContext,
  name: string,
  { operator, organization }: CreateOptions,
): Promise<void> {
  const client = connect(context);
  const { Account: account, AccessKey: key } = await client.imago('CreateAccount', {
    Name: name,
    Operator: operator,
    OrganizationPath: organization,
  });
  if (!context.output.json) {
    context.output.line(`Account ${account.Name} has the id ${account.AccountId}.`);
  }
  keepNewKey(context, { ...account, Own: false }, key);
}

export async function accountsListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('ListAccounts', {});
  if (output.json) return output.document(answer);
  output.table(
    ['ACCOUNT', 'NAME', 'STATUS', 'OPERATOR', 'ORGANIZATION'],
    answer.Accounts.map((account) => [
      account.AccountId,
      account.Name,
      account.Status,
      account.Operator ? 'yes' : '',
      account.OrganizationPath ?? '',
    ]),
  );
}

export interface UpdateOptions extends CreateOptions {
  rename?: string;
}

export async function accountsUpdateCommand(
  context: CommandContext,
  name: string,
  { rename, operator, organization }: UpdateOptions,
): Promise<void> {
  const client = connect(context);
  const { Account: before } = await client.imago('DescribeAccount', { Account: name });
  const { Account: account } = await client.imago('UpdateAccount', {
    Account: before.AccountId,
    Name: rename,
    Operator: operator,
    OrganizationPath: organization === 'none' ? '' : organization,
  });
  moveKey(context, before, account);
  if (context.output.json) return context.output.document({ Account: account });
  context.output.line(`Account ${account.Name} (${account.AccountId}) is changed.`);
}

/** The file has the account's name, if a key of it is kept here at all. */
function moveKey({ home }: CommandContext, before: Wire<Account>, account: Wire<Account>): void {
  if (before.Name === account.Name) return;
  try {
    renameSync(keyFile(home, before.Name), keyFile(home, account.Name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

export async function accountsStateCommand(
  context: CommandContext,
  name: string,
  action: 'DisableAccount' | 'EnableAccount',
): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago(action, { Account: name });
  if (output.json) return output.document(answer);
  const { Name, AccountId, Status } = answer.Account;
  output.line(`Account ${Name} (${AccountId}) is ${Status.toLowerCase()}.`);
}

export async function accountsDeleteCommand(context: CommandContext, name: string): Promise<void> {
  const { home, output } = context;
  const client = connect(context);
  const { Account: account } = await client.imago('DescribeAccount', { Account: name });
  await client.imago('DeleteAccount', { Account: account.AccountId });
  forgetAccount(home, account.Name);
  if (output.json) return output.document({ Account: account });
  output.line(`Account ${account.Name} (${account.AccountId}) is deleted.`);
}
