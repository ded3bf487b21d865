/** What brings an Imago back from its block store: `recover`, and what `serve` does for it. */
import { type Command, command, contextOf, jsonOption, repeated } from '../command-line.ts';

const passphraseText = 'the same with a passphrase: the first line of this file descriptor';

/** Options of `serve`. */
export function addSealing(serve: Command): Command {
  return serve
    .option(
      '--recovery-key-file <file>',
      'seal the catalog into the block stores, for `imago recover`, with this key; made at the first start, to be kept elsewhere (default: as the master key, where that is named)',
    )
    .option('--recovery-passphrase-fd <number>', passphraseText)
    .option(
      '--copy-store <folder>',
      'keep all snapshots and the sealed catalogs in a block store there, too, such as on another disk or mount; may be repeated',
      repeated,
    )
    .option('--copy-rate <size>', 'of what is copied, in a second at most, such as 20MiB');
}

/** Of block stores themselves, in their folders. */
export function addStores(program: Command): void {
  const stores = program.command('stores').description('Look at block stores, and lock them.');
  command(stores, 'show <folder>', 'Tell which sealed catalogs are in a block store.', [
    'imago stores show /mnt/disk/imago',
  ])
    .addOption(jsonOption())
    .action(async (folder, options) => {
      const { storesShowCommand } = await import('../commands/stores.ts');
      await storesShowCommand(contextOf(options), folder);
    });
  command(stores, 'lock <folder>', 'Remove nothing from a block store before a date.', [
    'imago stores lock /mnt/disk/imago --until 2027-01-01',
  ])
    .requiredOption('--until <date>', 'it can be moved on later, and never back')
    .addOption(jsonOption())
    .action(async (folder, options) => {
      const { storesLockCommand } = await import('../commands/stores.ts');
      await storesLockCommand(contextOf(options), folder, options);
    });
}

export function addRecovery(program: Command): void {
  command(
    program,
    'recover',
    'Bring an Imago back from its block store, on a host that has nothing else.',
    [
      'imago recover --from /mnt/disk/imago --home /var/lib/imago --recovery-key-file KEY --dry-run',
      'imago recover --from /mnt/disk/imago --home /var/lib/imago --recovery-passphrase-fd 3 3<FILE',
    ],
  )
    .requiredOption(
      '--from <store>',
      'a block store, or a home that has one; may be repeated, where regions have their own',
      repeated,
    )
    .option('--at <catalog>', 'a sealed catalog by its number, or the newest of a time')
    .option('--dry-run', 'change nothing, and tell what would come back')
    .option('--verify', 'read every block first, not only those of block maps')
    .option(
      '--recovery-key-file <file>',
      'what the catalog is sealed with (or IMAGO_RECOVERY_KEY_FILE)',
    )
    .option('--recovery-passphrase-fd <number>', passphraseText)
    .option('--catalog <url>', 'PostgreSQL database that the catalog is to be in, an empty one')
    .option('--archive-folder <folder>', 'of archived snapshots')
    .addOption(jsonOption())
    .action(async (options) => {
      const { recoverCommand } = await import('../commands/recover.ts');
      process.exitCode = await recoverCommand(contextOf(options), options);
    });
}
