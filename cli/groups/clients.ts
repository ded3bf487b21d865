/** What leads clients to the running Imago: AWS tools, and a browser. */
import { type Command, command, contextOf, jsonOption } from '../command-line.ts';

export function addClients(program: Command): void {
  command(program, 'env', 'Print the variables that lead AWS tools to this Imago.', [
    'eval "$(imago env)"',
    'eval "$(imago env)" && aws ec2 describe-images --owners amazon',
    'eval "$(imago env --account ci)"        # another account, see `imago accounts`',
    'eval "$(imago env --region eu-west-1)"',
  ])
    .inRegion()
    .action(async (options) => {
      const { envCommand } = await import('../commands/env.ts');
      await envCommand(contextOf(options));
    });

  command(program, 'console-url', 'Print where the console of this Imago is.', [
    'imago console-url',
  ])
    .addOption(jsonOption())
    .action(async (options) => {
      const { consoleUrlCommand } = await import('../commands/console-url.ts');
      await consoleUrlCommand(contextOf(options));
    });

  command(
    program,
    'open',
    'Open the console in a browser, signed in by a link that is good once.',
    [
      'imago open',
      'imago open --account ci',
      'imago open --print                      # the link alone, for a browser elsewhere',
    ],
  )
    .option('--print', 'print the link, and open nothing (as --json does)')
    .ofAccount()
    .action(async (options) => {
      const { openCommand } = await import('../commands/open.ts');
      await openCommand(contextOf(options), options);
    });
}
