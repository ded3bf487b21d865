/** `imago backups …`: what there is to go back to, and going back. */
import { type Command, command, contextOf } from '../command-line.ts';
import { addForget, addPolicies, addSimulate } from './backups-kept.ts';
import { addRemoteCopies } from './remotes.ts';

export function addBackups(program: Command): void {
  const backups = program
    .command('backups')
    .description('Show what backups there are, and restore machines, volumes and files of them.')
    .addHelpText(
      'after',
      '\nA backup is an image of an instance (ami-…) or a snapshot of a volume (snap-…).\n' +
        'The worst day, step by step: docs/guides/backup.md.',
    );
  addLists(backups);
  addRestore(backups);
  addFiles(backups);
  addForget(backups);
  addPolicies(backups);
  addSimulate(backups);
  addRemoteCopies(backups);
}

function addLists(backups: Command): void {
  command(backups, 'list [source]', 'List the backups, of each source the newest first.', [
    'imago backups list',
    'imago backups list i-…',
    'imago backups list --long | grep policy-…',
    'imago backups list vol-… --json',
  ])
    .option('-l, --long', 'a line for each with all of it, in more than 80 columns')
    .inRegion()
    .action(async (source, options) => {
      const { backupsListCommand } = await import('../commands/backups-list.ts');
      await backupsListCommand(contextOf(options), source, options);
    });
  command(backups, 'show <backup>', 'Tell what is in a backup, and what it remembers.', [
    'imago backups show ami-…',
  ])
    .inRegion()
    .action(async (backup, options) => {
      const { backupsShowCommand } = await import('../commands/backups-list.ts');
      await backupsShowCommand(contextOf(options), backup);
    });
}

function addRestore(backups: Command): void {
  command(
    backups,
    'restore [backup]',
    'Restore a machine as it was, or one of its volumes to a machine that is there.',
    [
      'imago backups restore ami-…',
      'imago backups restore ami-… --preview',
      'imago backups restore snap-…',
      'imago backups restore --instance i-… --at "2026-11-20 03:00"',
      'imago backups restore ami-… --name rehearsal --group sg-… --without /dev/sdf',
      'imago backups restore --instance i-… --in-place',
      'imago backups restore ami-… --volume /dev/sdf --attach i-…',
      'imago backups restore --volume vol-… --at 2026-11-20 --attach i-…',
      'imago backups restore snap-… --attach i-…',
    ],
  )
    .option('--instance <id>', 'the last backup of this instance, in place of a named one')
    .option('--at <date>', 'the last one at or before this moment (default: now)')
    .option('--in-place', 'replace the root volume of the instance itself')
    .option('--preview', 'do nothing; tell in what it would differ from what was')
    .option('--volume <which>', 'one volume: /dev/… of the machine, or vol-… that was backed up')
    .option('--attach <instance>', 'the machine that gets the volume')
    .option('--device <name>', 'as which device it gets it (default: the first that is free)')
    .option('--type <type>', 'a new machine of another type than it was')
    .option('--key <name>', 'with this key pair')
    .option('--subnet <id>', 'in this subnet')
    .option('--group <id...>', 'with these security groups')
    .option('--address <ip>', 'with this private address')
    .option('--name <name>', 'with this tag Name')
    .option('--user-data <file>', 'with what is in this file as user data; an empty one: none')
    .option('--without <device...>', 'without these volumes, such as /dev/sdf')
    .inRegion()
    .addHelpText(
      'after',
      '\nA restored machine has what it had, its private address too where that is free; what\n' +
        'cannot be as it was is printed. A snapshot is that of the boot disk, taken with those of the\n' +
        'other volumes. A date without a time is its beginning, in your time zone.',
    )
    .action(async (backup, options) => {
      const { backupsRestoreCommand } = await import('../commands/backups-restore.ts');
      await backupsRestoreCommand(contextOf(options), backup, options);
    });
}

function addFiles(backups: Command): void {
  command(
    backups,
    'files <backup> [words...]',
    'List a folder of a backup, or write what is at a path of it as a tar archive.',
    [
      'imago backups files ami-…',
      'imago backups files ami-… /etc',
      'imago backups files ami-… restore /etc/nginx | tar -x -C /tmp/restored',
      'imago backups files snap-… restore / --out data.tar',
      'imago backups files i-… restore /etc --at "2026-11-20 03:00" --out etc.tar',
    ],
  )
    .option('--out <file>', 'into this new file, in place of the output')
    .option(
      '--at <date>',
      'of a machine (i-…) or volume (vol-…): its last backup at or before then',
    )
    .inRegion()
    .addHelpText(
      'after',
      '\nNothing is booted. Owners are numbers; with all that a file has it is unpacked by root with\n' +
        "tar -x --numeric-owner --xattrs --xattrs-include='*' -p.",
    )
    .action(async (backup, words, options) => {
      const { backupsFilesCommand } = await import('../commands/backups-files.ts');
      await backupsFilesCommand(contextOf(options), backup, words, options);
    });
}
