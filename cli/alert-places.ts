/** Where alerts go, as `imago serve` is told. */
import { CommandError } from './command-error.ts';

interface AlertPlaces {
  urls: string[];
  commands: string[][];
  mail: string[];
}

interface AlertOptions {
  alertUrl?: string[];
  alertCommand?: string[];
  alertMail?: string[];
}

export function alertPlacesOf(options: AlertOptions): AlertPlaces {
  const { alertUrl = [], alertCommand = [], alertMail = [] } = options;
  return {
    urls: alertUrl.map(checkedUrl),
    commands: alertCommand.map(checkedCommand),
    mail: alertMail.map(checkedAddress),
  };
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href;
  throw new CommandError(`--alert-url ${text} is no http or https address.`, undefined, 2);
}

/** No shell reads it, so that nothing of an alert is a part of it. */
function checkedCommand(text: string): string[] {
  try {
    const argv = JSON.parse(text);
    const isArgv = Array.isArray(argv) && argv.length > 0;
    if (isArgv && argv.every((each) => typeof each === 'string')) return argv;
  } catch {
    // As one that is none.
  }
  throw new CommandError(
    `--alert-command ${text} is no command.`,
    'Give a JSON array of program and arguments, such as \'["/usr/local/bin/page", "backup"]\'.',
    2,
  );
}

function checkedAddress(text: string): string {
  if (/^[\w.+-]+@[\w.-]+$|^[\w.+-]+$/.test(text) && !text.startsWith('-')) return text;
  throw new CommandError(`--alert-mail ${text} is no address.`, undefined, 2);
}
