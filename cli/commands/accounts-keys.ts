/** `imago accounts keys list|create|disable|enable|delete`: access keys of the running Imago. */
import type { AccessKey, Account } from '../../api/imago-accounts.ts';
import type { Wire } from '../../api/wire.ts';
import { type CommandContext, connect } from '../context.ts';
import { forgetKey, keepKey, keyFile, readConnection } from '../credentials.ts';

export async function keysListCommand(context: CommandContext, name?: string): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('ListAccessKeys', { Account: name });
  if (output.json) return output.document(answer);
  if (answer.AccessKeys.length === 0) return output.line('There are no keys.');
  output.table(
    ['KEY', 'STATUS', 'CREATED'],
    answer.AccessKeys.map((key) => [key.AccessKeyId, key.Status, String(key.CreateDate)]),
  );
}

export async function keysCreateCommand(context: CommandContext, name?: string): Promise<void> {
  const client = connect(context);
  const { Account: own } = await client.imago('DescribeAccount', {});
  const { Account: account } = await client.imago('DescribeAccount', { Account: name });
  const { AccessKey: key } = await client.imago('CreateAccessKey', { Account: account.AccountId });
  keepNewKey(context, { ...account, Own: account.AccountId === own.AccountId }, key);
}

/**
 * Prints a key that is told this once, and keeps it: the caller's own where the one is kept that
 * this command was run with.
 */
export function keepNewKey(
  { home, account: runAs, output }: CommandContext,
  account: Wire<Account> & { Own: boolean },
  { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey = '' }: Wire<AccessKey>,
): void {
  const key = { accessKeyId, secretAccessKey };
  const { AccountId: id, Name: name } = account;
  if (output.json) output.document({ account: id, name, ...key });
  else {
    output.line(`Access key id:      ${accessKeyId}`);
    output.line(`Secret access key:  ${secretAccessKey}`);
  }
  const file = account.Own ? keyFile(home, runAs) : keyFile(home, name);
  keepKey(file, key, readConnection(home, runAs).region);
  if (output.json) return;
  const flag = file === home.credentialsFile ? '' : ` --account ${name}`;
  output.line(`It is told this once, and kept in ${file}: eval "$(imago env${flag})"`);
}

export async function keysStateCommand(
  context: CommandContext,
  id: string,
  status: AccessKey['Status'],
): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('UpdateAccessKey', {
    AccessKeyId: id,
    Status: status,
  });
  if (output.json) return output.document(answer);
  output.line(`Access key ${id} is ${answer.AccessKey.Status.toLowerCase()}.`);
}

export async function keysDeleteCommand(context: CommandContext, id: string): Promise<void> {
  const { home, output } = context;
  await connect(context).imago('DeleteAccessKey', { AccessKeyId: id });
  forgetKey(home, id);
  if (output.json) return output.document({ accessKeyId: id });
  output.line(`Access key ${id} is deleted.`);
}
