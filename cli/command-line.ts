/** What all commands of the command line have in common: options, help, and what they are given. */
import { Command as AnyCommand, type ErrorOptions, Option } from 'commander';
import { homeFolder } from '../server/config.ts';
import { Home } from '../server/foundations/home.ts';
import { CommandError } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';

interface CommonOptions {
  home?: string;
  account?: string;
  /** Several in commands that name more than one place, which read them themselves. */
  region?: string | string[];
  json?: boolean;
}

export function contextOf(options: CommonOptions): CommandContext {
  const settings = { json: options.json === true, noColor: process.env.NO_COLOR };
  return {
    home: homeOf(options),
    account: options.account,
    region: typeof options.region === 'string' ? options.region : undefined,
    output: new Output(process.stdout, settings),
    // Standard output is what came out alone: a document, or an id that a shell keeps.
    progress: new Progress(process.stderr, new Output(process.stderr, settings)),
    environment: process.env,
  };
}

function homeOf(options: CommonOptions): Home {
  try {
    return new Home(homeFolder(process.env, options.home));
  } catch (error) {
    // Its path is too long.
    throw new CommandError(`${(error as Error).message}.`);
  }
}

/** Of commander, and so are its own; it has by one name the options that commands have in common. */
export class Command extends AnyCommand {
  override createCommand(name?: string): Command {
    return new Command(name);
  }

  /** Who mistypes is sent to the help of that very command, or group of commands. */
  override error(message: string, options?: ErrorOptions): never {
    const names: string[] = [];
    for (let each: AnyCommand | null = this; each; each = each.parent) names.unshift(each.name());
    this.showHelpAfterError(`See \`${names.join(' ')} --help\`.`);
    return super.error(message, options);
  }

  /** Asks a running Imago for what an account has. */
  ofAccount(): this {
    return this.addOption(accountOption()).addOption(jsonOption());
  }

  /** Names, lists or makes what is in one region. */
  inRegion(): this {
    return this.addOption(regionOption()).ofAccount();
  }
}

/** Every command names the home, and explains itself with examples. */
export function command(
  parent: Command,
  usage: string,
  summary: string,
  examples: string[],
): Command {
  return parent
    .command(usage)
    .description(summary)
    .option('--home <dir>', 'folder in which the Imago meant keeps everything (or IMAGO_HOME)')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
}

export const jsonOption = () => new Option('--json', 'print JSON for programs');

export const accountOption = () =>
  new Option(
    '--account <name>',
    'act as this account, whose key is kept in the home (default: the first account)',
  );

export const regionOption = () =>
  new Option('--region <name>', 'act in this region (default: the first one of this Imago)');

export const repeated = (name: string, names: string[] = []) => [...names, name];
