/**
 * The `imago` command line: what can be asked for, and how it is explained (groups/ has more of
 * it). Each command is a file in commands/, loaded when it is run, so that help and small commands
 * start fast. Errors become one sentence here, and exit codes: 0 done, 1 it did not work, 2 it was
 * asked for wrongly.
 */
import { CommanderError, InvalidArgumentError, Option } from 'commander';
import { providerImageNames } from '../api/imago.ts';
import manifest from '../package.json' with { type: 'json' };
import { defaultListen } from '../server/config.ts';
import { CommandError } from './command-error.ts';
import { Command, command, contextOf, jsonOption, repeated } from './command-line.ts';
import { fileProblem } from './file-problem.ts';
import { addAccounts } from './groups/accounts.ts';
import { addBackups } from './groups/backups.ts';
import { addClients } from './groups/clients.ts';
import { addDrills } from './groups/drills.ts';
import { addDrift } from './groups/image-contents.ts';
import { addImages } from './groups/images.ts';
import { addMarket } from './groups/market.ts';
import { addProvider } from './groups/provider.ts';
import { addRecovery, addSealing, addStores } from './groups/recovery.ts';
import { addRemotes } from './groups/remotes.ts';
import { Output } from './output.ts';
import { harmless } from './terminal-text.ts';

const catalogText = 'PostgreSQL database that the catalog is in (default: a file in the home)';
function overcommitOf(text: string): number {
  const factor = Number(text);
  if (factor >= 1 && factor <= 100) return factor;
  throw new InvalidArgumentError('It is a number from 1 to 100.');
}

function graceOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 0 && text !== '') return seconds;
  throw new InvalidArgumentError('It is a whole number of seconds.');
}

/** Where disk files come from and go to. */
function addFilePlaces(serve: Command): Command {
  return serve
    .option(
      '--import-folder <name=folder>',
      'disk files in it may be imported, as of a bucket NAME; may be repeated',
      repeated,
    )
    .option(
      '--export-folder <name=folder>',
      'images may be exported into it, as into a bucket NAME; may be repeated',
      repeated,
    )
    .option(
      '--import-url-prefix <url>',
      'disk files may be imported from addresses that begin so; may be repeated',
      repeated,
    )
    .option(
      '--archive-folder <folder>',
      'archived snapshots are kept in it; without it in the home',
    )
    .option(
      '--vulnerability-feed <path>',
      'checks of images know vulnerabilities from it: a file or folder of OSV or the Debian tracker',
    );
}

/** Whom a drill that fails is told to. */
function addAlerts(serve: Command): Command {
  return serve
    .option(
      '--alert-url <url>',
      'a drill that fails is posted there, as JSON; may be repeated',
      repeated,
    )
    .option(
      '--alert-command <json>',
      'a drill that fails is told to this command on its standard input: a JSON array of program and arguments; may be repeated',
      repeated,
    )
    .option(
      '--alert-mail <address>',
      'a drill that fails is mailed there, by sendmail; may be repeated',
      repeated,
    );
}

function addServing(program: Command): void {
  const serve = command(
    program,
    'serve',
    'Run Imago in the foreground until it is stopped; guests go on.',
    [
      'imago serve',
      'imago serve --listen 127.0.0.1:9000 --region eu-central-1 --region us-east-1',
      'imago serve --hypervisor simulated      # machines that only change state',
      'imago serve --catalog postgres://imago@db.example/imago',
    ],
  );
  addAlerts(addSealing(addFilePlaces(serve)))
    .option('--listen <host:port>', 'address to listen on', defaultListen)
    .addOption(
      new Option('--hypervisor <kind>', 'what runs the machines')
        .choices(['qemu', 'simulated'])
        .default('qemu'),
    )
    .option(
      '--memory-overcommit <factor>',
      'how many times the memory that there is may be promised to instances',
      overcommitOf,
      1,
    )
    .option(
      '--block-cache <size>',
      'memory for blocks that guests read, such as 4GiB; all guests share it (default: 256MiB)',
    )
    .option(
      '--guests-may-reach-host [address:port,...]',
      "let guests reach the host's own addresses: these services of it, or all",
    )
    .option(
      '--region <name[=store]>',
      'region to offer, may be repeated; the first is the default (default: us-east-1). STORE is a folder for its blocks, such as on another disk; without it regions share the home’s',
      repeated,
    )
    .option('--zones <count>', 'availability zones that each region has', Number, 1)
    .option(
      '--plain-bases <size>',
      'what plain copies of snapshots take at most, from which guests read at the speed of the disk, such as 20G; 0: none (default: a tenth of what is free at the start)',
    )
    .option('--scrub-days <days>', 'read and verify every block in so many; 0: never', Number)
    .option('--catalog <url>', catalogText)
    .option(
      '--master-key-file <file>',
      'what wraps the keys of the catalog; made at the first start (default: master-key in the home, or IMAGO_MASTER_KEY_FILE)',
    )
    .option(
      '--master-passphrase-fd <number>',
      'make the master key of a passphrase instead: the first line of this file descriptor',
    )
    .option(
      '--console-origin <origin>',
      'web page elsewhere that may ask as the console does, such as https://imago.example; may be repeated',
      repeated,
    )
    .option('--stand-by', 'wait while another Imago runs with the home, and take over when it ends')
    .addOption(jsonOption())
    .action(async (options) => {
      const { serveCommand } = await import('./commands/serve.ts');
      await serveCommand(contextOf(options), options);
    });

  command(program, 'doctor', 'Check what this machine has and lacks for Imago.', ['imago doctor'])
    .addOption(jsonOption())
    .option('--listen <host:port>', 'address that Imago is to listen on', defaultListen)
    .action(async (options) => {
      const { doctorCommand } = await import('./commands/doctor.ts');
      process.exitCode = await doctorCommand(contextOf(options), options);
    });
}

function addCollection(program: Command): void {
  command(program, 'fsck', 'Verify every block and snapshot that the catalog names.', [
    'imago fsck',
    'imago fsck --repair --from /backup/imago  # another home or block store',
    'imago fsck --repair --from /images        # raw images, anywhere below',
  ])
    .option('--catalog <url>', catalogText)
    .option('--repair', 'bring lost and damaged blocks back')
    .option('--from <folder>', 'where their bytes are: a block store, a home, or raw images')
    .option('--archive-folder <folder>', 'of archived snapshots, where it is not in the home')
    .addOption(jsonOption())
    .action(async (options) => {
      const { fsckCommand } = await import('./commands/fsck.ts');
      process.exitCode = await fsckCommand(contextOf(options), options);
    });

  command(program, 'gc', 'Remove blocks that no snapshot or volume needs any more.', [
    'imago gc',
    'imago gc --dry-run                      # only tell what there is',
    'imago gc --grace 0                      # now, not in an hour',
  ])
    .addOption(jsonOption())
    .option('--catalog <url>', catalogText)
    .option('--dry-run', 'change nothing')
    .option(
      '--grace <seconds>',
      'how long blocks are kept after they were found to be garbage',
      graceOf,
    )
    .action(async (options) => {
      const { gcCommand } = await import('./commands/gc.ts');
      await gcCommand(contextOf(options), options);
    });
}

function addInstances(program: Command): void {
  const instances = program
    .command('instances')
    .description('List instances, and tell how far they are from their images.');
  command(instances, 'list', 'List the instances.', ['imago instances list'])
    .inRegion()
    .action(async (options) => {
      const { instancesListCommand } = await import('./commands/instances-list.ts');
      await instancesListCommand(contextOf(options));
    });
  addDrift(instances);

  command(
    program,
    'ssh <instance> [command...]',
    'Log in to an instance, or run a command in it.',
    [
      'imago ssh i-0123456789abcdef0 -i key.pem',
      'imago ssh i-0123456789abcdef0 -i key.pem -- uname -a',
    ],
  )
    .option('-i, --identity <file>', 'private key; without it the keys that ssh finds')
    .option('-l, --user <name>', 'user in the guest', 'admin')
    .inRegion()
    .action(async (instance, words, options) => {
      const { sshCommand } = await import('./commands/ssh.ts');
      process.exitCode = await sshCommand(contextOf(options), instance, words, options);
    });

  command(program, 'console <instance>', 'Show what an instance wrote to its serial console.', [
    'imago console i-0123456789abcdef0',
    'imago console -f i-0123456789abcdef0',
    'imago console -i i-0123456789abcdef0      # ctrl-] leaves',
  ])
    .option('-f, --follow', 'go on as more is written, until Ctrl-C')
    .option('-i, --interactive', 'type at it as well: the terminal is the console’s until ctrl-]')
    .option('--raw', 'with all control characters, on a terminal too (a pipe always gets them)')
    .inRegion()
    .action(async (instance, options) => {
      if (options.interactive) {
        const { attachConsoleCommand } = await import('./commands/console-attach.ts');
        return attachConsoleCommand(contextOf(options), instance);
      }
      const { consoleCommand } = await import('./commands/console.ts');
      await consoleCommand(contextOf(options), instance, options);
    });
}

function addQuickstart(program: Command): void {
  program
    .command('quickstart')
    .description('Launch a machine, change it, capture it while it runs, launch three copies.')
    .addOption(
      new Option('--image <name>', 'the guest (default: debian-12 with KVM, else micro)').choices(
        providerImageNames,
      ),
    )
    .option('--keep', 'leave Imago and its instances running')
    .option('--remove <folder>', 'end what an earlier --keep left, and do nothing else')
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ imago quickstart\n  $ imago quickstart --keep')
    .action(async (options) => {
      const { quickstartCommand } = await import('./commands/quickstart.ts');
      await quickstartCommand(contextOf(options), options);
    });
}

function program(): Command {
  const top = new Command('imago')
    .description(
      'Imago: machine images on your own hardware, through the EC2 API.\n' +
        'Start with `imago quickstart`, or `imago serve` and `eval "$(imago env)"`.',
    )
    .version(`imago ${manifest.version}`)
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError(true)
    .exitOverride();
  addQuickstart(top);
  addServing(top);
  addClients(top);
  addCollection(top);
  addRecovery(top);
  addStores(top);
  addAccounts(top);
  addImages(top);
  addBackups(top);
  addRemotes(top);
  addMarket(top);
  addProvider(top);
  addInstances(top);
  addDrills(top);
  let command = 'help';
  top.hook('preAction', (_, action) => {
    command = action.name();
  });
  watchOutput(() => command);
  return top;
}

/**
 * What cannot be printed: a reader that has had enough ends a command quietly, and the quickstart
 * as Ctrl-C does. `serve` goes on: nobody needs what it prints.
 */
function watchOutput(commandNow: () => string): void {
  let failed = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const command = commandNow();
      if (failed || command === 'serve') return;
      failed = true;
      if (command === 'quickstart') process.kill(process.pid, 'SIGTERM');
      else if (error.code === 'EPIPE') process.exit();
      else {
        process.stderr.write(`imago: the output cannot be written (${error.code}).\n`);
        process.exit(1);
      }
    });
  }
}

try {
  await program().parseAsync();
} catch (error) {
  const problem = error instanceof CommandError ? error : fileProblem(error);
  if (error instanceof CommanderError) {
    // Commander has said it already; 0 is --help.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (problem) {
    const output = new Output(process.stderr, { json: false, noColor: process.env.NO_COLOR });
    output.line(`${output.style('red', 'imago:')} ${harmless(problem.message)}`);
    if (problem.advice) output.line(harmless(problem.advice));
    process.exitCode = problem.exitCode;
  } else {
    throw error;
  }
}
