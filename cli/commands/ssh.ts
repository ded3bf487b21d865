/** `imago ssh`: OpenSSH's client, aimed at an instance; its exit code is ours. */
import { spawn } from 'node:child_process';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { findSshPort, guestOf, sshArguments } from '../guest-ssh.ts';

export async function sshCommand(
  context: CommandContext,
  instanceId: string,
  words: string[],
  options: { identity?: string; user: string },
): Promise<number> {
  const guest = await guestOf(connect(context), context.home, instanceId);
  const port = await findSshPort(guest);
  if (!port) {
    throw new CommandError(
      `Nothing answers SSH at ${guest.address}.`,
      `It may still boot (imago console ${instanceId}), or its security group may not open port 22.`,
    );
  }
  const target = { ...guest, port, user: options.user };
  if (options.identity) target.keyFile = options.identity;
  if (context.output.json) {
    // For programs: how to get there, without going.
    context.output.document({ ...target, arguments: [...sshArguments(target), ...words] });
    return 0;
  }
  const child = spawn('ssh', [...sshArguments(target), ...words], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', () =>
      reject(new CommandError('There is no ssh on this machine.', 'Install openssh-client.')),
    );
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
