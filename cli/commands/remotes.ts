/** `imago remotes`: other Imagos, or AWS, that backups are copied to and from. */
import { readFileSync } from 'node:fs';
import type { Remote, RemoteTransfer } from '../../api/imago-remotes.ts';
import type { Wire } from '../../api/wire.ts';
import { parseCredentials } from '../../server/foundations/client-credentials.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { byteSizeOf } from '../byte-size.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { poll } from '../poll.ts';

/** A volume goes over a slow line; whoever waits no longer finds it in `remotes list`. */
const timeoutMs = 7 * 24 * 3_600_000;
const everyMs = 500;

export interface RemotesAddOptions {
  endpoint?: string;
  remoteRegion: string;
  credentials: string;
  certificateAuthority?: string;
  rate?: string;
  send?: string[];
  for?: string;
}

export async function remotesAddCommand(
  context: CommandContext,
  name: string,
  options: RemotesAddOptions,
): Promise<void> {
  const { output } = context;
  const { endpoint, remoteRegion, credentials, certificateAuthority, rate, send = [] } = options;
  const { RemoteId } = await connect(context).imago('CreateRemote', {
    Name: name,
    ...(endpoint !== undefined && { Endpoint: endpoint }),
    Region: remoteRegion,
    ...keyOf(credentials),
    ...(certificateAuthority !== undefined && { CertificateAuthority: read(certificateAuthority) }),
    ...(rate !== undefined && { BytesPerSecond: byteSizeOf('--rate', rate) }),
    SendTags: send.map(tagOf),
    ...(options.for !== undefined && { Account: options.for }),
  });
  if (output.json) output.document({ RemoteId });
  else output.line(RemoteId);
}

export async function remotesUpdateCommand(
  context: CommandContext,
  name: string,
  { credentials, for: account }: { credentials: string; for?: string },
): Promise<void> {
  const client = connect(context);
  const RemoteId = account === undefined ? (await remoteNamed(client, name)).RemoteId : name;
  await client.imago('UpdateRemote', {
    RemoteId,
    ...keyOf(credentials),
    ...(account !== undefined && { Account: account }),
  });
  if (context.output.json) context.output.document({ RemoteId });
  else context.output.line(`${name} has another key.`);
}

function keyOf(credentials: string) {
  const key = parseCredentials(read(credentials));
  if (!key) {
    throw new CommandError(
      `There is no access key in ${credentials}.`,
      'It has the lines aws_access_key_id = … and aws_secret_access_key = ….',
    );
  }
  return {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    ...(key.sessionToken !== undefined && { SessionToken: key.sessionToken }),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as Error).message}).`);
  }
}

function tagOf(text: string) {
  const at = text.indexOf('=');
  if (at > 0) return { Key: text.slice(0, at), Value: text.slice(at + 1) };
  throw new CommandError(`--send ${text} is no tag.`, 'Give one such as backup=nightly.', 2);
}

export async function remotesListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const client = connect(context);
  const { Remotes: remotes } = await client.imago('DescribeRemotes', {});
  const { Transfers: transfers } = await client.imago('DescribeRemoteTransfers', {});
  if (output.json) return output.document({ Remotes: remotes, Transfers: transfers });
  if (remotes.length === 0) return output.line('There are no remotes.');
  output.table(
    ['WHERE', 'KEY', 'RATE', 'SENDS'],
    remotes.flatMap((remote) => [
      `${remote.Name} (${remote.RemoteId})`,
      [
        remote.Endpoint ?? `AWS ${remote.Region}`,
        remote.AccessKeyId,
        remote.BytesPerSecond === undefined ? '' : `${formatBytes(remote.BytesPerSecond)}/s`,
        remote.SendTags.map(({ Key, Value }) => `${Key}=${Value}`).join(' '),
      ],
    ]),
  );
  if (transfers.length === 0) return;
  const names = new Map(remotes.map(({ RemoteId, Name }) => [RemoteId, Name]));
  output.line();
  output.table(
    ['TRANSFER', 'MOVED', 'MADE', 'STATE'],
    transfers.flatMap((each) => [
      headingOf(each, names.get(each.RemoteId) ?? each.RemoteId),
      [each.TransferId, movedOf(each), each.MadeId ?? '', stateOf(each)],
    ]),
  );
}

function headingOf({ Direction, SourceId }: Wire<RemoteTransfer>, remote: string): string {
  return Direction === 'push' ? `${SourceId} to ${remote}` : `${SourceId} from ${remote}`;
}

function stateOf({ State, Message }: Wire<RemoteTransfer>): string {
  return State === 'failed' ? (Message ?? State) : State;
}

export async function remotesStopCommand(context: CommandContext, id: string): Promise<void> {
  const client = connect(context);
  await client.imago('StopRemoteTransfer', { TransferId: id });
  const ended = await untilEnded(context, client, id, `Stopping ${id}`);
  if (context.output.json) context.output.document(ended);
  else if (ended.State === 'stopped') context.output.line(`${id} is stopped.`);
  else context.output.line(`${id} had ended: it is ${stateOf(ended)}.`);
}

export async function untilEnded(
  { progress }: CommandContext,
  client: Client,
  id: string,
  title: string,
): Promise<Wire<RemoteTransfer>> {
  return progress.step(title, (step) =>
    poll({ everyMs, timeoutMs, what: id }, async () => {
      const { Transfers } = await client.imago('DescribeRemoteTransfers', { TransferIds: [id] });
      const [seen] = Transfers;
      if (seen && seen.TotalBytes > 0) step.doing(movedOf(seen));
      return seen?.State === 'running' || seen?.State === 'stopping' ? undefined : seen;
    }),
  );
}

function movedOf({ DoneBytes, TotalBytes }: Wire<RemoteTransfer>): string {
  return `${formatBytes(DoneBytes)} of ${formatBytes(TotalBytes)}`;
}

export async function remotesRemoveCommand(context: CommandContext, name: string): Promise<void> {
  const client = connect(context);
  const { RemoteId } = await remoteNamed(client, name);
  await client.imago('DeleteRemote', { RemoteId });
  if (context.output.json) context.output.document({ RemoteId });
  else context.output.line(`${name} is removed.`);
}

/** By its name, or its id. */
export async function remoteNamed(client: Client, name: string): Promise<Wire<Remote>> {
  const { Remotes: remotes } = await client.imago('DescribeRemotes', {});
  const found = remotes.find(({ Name, RemoteId }) => Name === name || RemoteId === name);
  if (found) return found;
  throw new CommandError(`There is no remote '${name}'.`, '`imago remotes list` has them all.');
}
