/** `imago backups push` and `pull`: a backup goes to a remote, or comes from there. */
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { remoteNamed, untilEnded } from './remotes.ts';

export async function backupsPushCommand(
  context: CommandContext,
  backup: string,
  to: string,
): Promise<void> {
  const client = connect(context);
  const { RemoteId } = await remoteNamed(client, to);
  const { TransferId } = await client.imago('PushBackup', { BackupId: backup, RemoteId });
  await watch(context, client, TransferId, `Sending ${backup} to ${to}`);
}

export async function backupsPullCommand(
  context: CommandContext,
  backup: string,
  { from, name }: { from: string; name?: string },
): Promise<void> {
  const client = connect(context);
  const { RemoteId } = await remoteNamed(client, from);
  const { TransferId } = await client.imago('PullBackup', {
    RemoteId,
    FarBackupId: backup,
    ...(name !== undefined && { Name: name }),
  });
  await watch(context, client, TransferId, `Fetching ${backup} from ${from}`);
}

async function watch(
  context: CommandContext,
  client: Client,
  id: string,
  title: string,
): Promise<void> {
  const { output } = context;
  const ended = await untilEnded(context, client, id, title);
  if (ended.State !== 'completed') throw new CommandError(ended.Message ?? 'It failed');
  if (output.json) return output.document(ended);
  output.line(ended.MadeId ?? '');
  // The id alone is what a script takes.
  if (ended.Message !== undefined) process.stderr.write(`${ended.Message}\n`);
}
