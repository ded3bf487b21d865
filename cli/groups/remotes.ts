/** `imago remotes …`, and what `imago backups` does with them. */
import { type Command, command, contextOf, repeated } from '../command-line.ts';

export function addRemotes(program: Command): void {
  const remotes = program
    .command('remotes')
    .description('Name another Imago, or AWS, that backups are copied to and from.');
  command(remotes, 'add <name>', 'Name one, with the key to use there.', [
    'imago remotes add second --endpoint https://imago.example:4566 --credentials FILE',
    'imago remotes add aws --remote-region eu-central-1 --credentials ~/.aws/credentials --rate 10MiB',
    'imago remotes add second --endpoint http://127.0.0.1:4567 --credentials FILE --send backup=nightly',
  ])
    .option('--endpoint <url>', 'of an Imago: https, or http on this host (default: AWS itself)')
    .option('--remote-region <name>', 'the region there', 'us-east-1')
    .requiredOption(
      '--credentials <file>',
      "with the access key there, as the AWS tools' credentials files (`-`: the input)",
    )
    .option('--certificate-authority <file>', 'who has signed its certificate, as PEM')
    .option('--rate <size>', 'of what is moved, in a second at most, such as 20MiB')
    .option(
      '--send <key=value>',
      'send images and snapshots with this tag when they are whole; may be repeated',
      repeated,
    )
    .option('--for <account>', 'the account that it is for, by name or id (default: your own)')
    .inRegion()
    .action(async (name, options) => {
      const { remotesAddCommand } = await import('../commands/remotes.ts');
      await remotesAddCommand(contextOf(options), name, options);
    });
  command(remotes, 'list', 'List them, and what is on its way.', ['imago remotes list'])
    .inRegion()
    .action(async (options) => {
      const { remotesListCommand } = await import('../commands/remotes.ts');
      await remotesListCommand(contextOf(options));
    });
  command(remotes, 'update <remote>', 'Give it another key; what is on its way goes on.', [
    'imago remotes update second --credentials FILE',
  ])
    .requiredOption('--credentials <file>', 'with the access key there (`-`: the input)')
    .option('--for <account>', 'whose it is, by name or id, and <remote> its id')
    .inRegion()
    .action(async (remote, options) => {
      const { remotesUpdateCommand } = await import('../commands/remotes.ts');
      await remotesUpdateCommand(contextOf(options), remote, options);
    });
  command(
    remotes,
    'stop <transfer>',
    'End a transfer, and take away what it has put; what was there before stays.',
    ['imago remotes stop transfer-…'],
  )
    .inRegion()
    .action(async (transfer, options) => {
      const { remotesStopCommand } = await import('../commands/remotes.ts');
      await remotesStopCommand(contextOf(options), transfer);
    });
  command(remotes, 'remove <remote>', 'Forget one; what is there stays there.', [
    'imago remotes remove second',
  ])
    .inRegion()
    .action(async (remote, options) => {
      const { remotesRemoveCommand } = await import('../commands/remotes.ts');
      await remotesRemoveCommand(contextOf(options), remote);
    });
}

/** Of the group `backups`. */
export function addRemoteCopies(backups: Command): void {
  command(backups, 'push <backup>', 'Send an image or a snapshot to a remote.', [
    'imago backups push ami-… --to second',
  ])
    .requiredOption('--to <remote>', 'by its name or id')
    .inRegion()
    .action(async (backup, options) => {
      const { backupsPushCommand } = await import('../commands/remote-copies.ts');
      await backupsPushCommand(contextOf(options), backup, options.to);
    });
  command(
    backups,
    'pull <backup>',
    'Fetch an image or a snapshot from a remote, by its id there.',
    ['imago backups pull ami-… --from second'],
  )
    .requiredOption('--from <remote>', 'by its name or id')
    .option('--name <name>', 'of the image here (default: as there)')
    .inRegion()
    .action(async (backup, options) => {
      const { backupsPullCommand } = await import('../commands/remote-copies.ts');
      await backupsPullCommand(contextOf(options), backup, options);
    });
}
