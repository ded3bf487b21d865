/** `imago backups push` and `pull`: a backup goes to a remote, or comes from there. */
import type { RemoteTransfer } from '../../api/imago-remotes.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { poll } from '../poll.ts';
import { remoteNamed } from './remotes.ts';

/** A volume goes over a slow line; whoever waits no longer finds it in `remotes list`. */
const timeoutMs = 7 * 24 * 3_600_000;
const everyMs = 500;

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
  { output, progress }: CommandContext,
  client: Client,
  id: string,
  title: string,
): Promise<void> {
  const ended = await progress.step(title, (step) =>
    poll({ everyMs, timeoutMs, what: id }, async () => {
      const { Transfers } = await client.imago('DescribeRemoteTransfers', { TransferIds: [id] });
      const [seen] = Transfers;
      if (seen) step.doing(movedOf(seen));
      return seen?.State === 'running' ? undefined : seen;
    }),
  );
  if (ended.State === 'failed') throw new CommandError(`${ended.Message ?? 'It failed'}`);
  if (output.json) output.document(ended);
  else output.line(ended.MadeId ?? '');
}

function movedOf({ DoneBytes, TotalBytes }: RemoteTransfer): string {
  return TotalBytes === 0 ? '' : `${formatBytes(DoneBytes)} of ${formatBytes(TotalBytes)}`;
}
