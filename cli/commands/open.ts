/**
 * `imago open`: the console in a browser, signed in. The link is good once, within a minute. It
 * gets to the browser by a file that nobody else can read, as the command lines of processes can
 * be read by everybody on this host.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CommandError } from '../command-error.ts';
import { signInLink } from '../console-url.ts';
import { type CommandContext, connect } from '../context.ts';

/** What cannot open a browser says so sooner; what can may stay as long as the browser does. */
const openingMs = 2000;

export async function openCommand(
  context: CommandContext,
  { print }: { print?: boolean },
): Promise<void> {
  const { output, environment } = context;
  const client = connect(context);
  const { Credentials: credentials } = await client.imago('CreateSignIn', {});
  const link = signInLink(client.connection, credentials);
  if (output.json) return output.document({ link, expiration: credentials.Expiration });
  if (print) return output.line(link);
  const program = opener(environment);
  const isOpened = program !== undefined && (await open(program, link, context));
  output.line(
    isOpened
      ? 'The console opens in your browser. Should it not, this link does, once and within a minute:'
      : 'Open this link in a browser; it signs in once, within a minute:',
  );
  output.line(link);
}

/** What opens addresses on a desktop, where there is one. */
function opener(environment: CommandContext['environment']): string | undefined {
  if (process.platform === 'darwin') return 'open';
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? 'xdg-open' : undefined;
}

async function open(program: string, link: string, { home }: CommandContext): Promise<boolean> {
  const file = path.join(home.runFolder, 'sign-in.html');
  try {
    rmSync(file, { force: true });
    writeFileSync(file, pageTo(link), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new CommandError(
      `${file} cannot be written (${(error as NodeJS.ErrnoException).code}).`,
      'With --print the link is printed, and nothing is written.',
    );
  }
  const child = spawn(program, [pathToFileURL(file).href], { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit').then(
    ([code]) => code === 0,
    () => false, // it is not there
  );
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    return await Promise.race([ended, sleep(openingMs, true, { signal })]);
  } finally {
    waiting.abort();
    child.unref();
  }
}

function pageTo(link: string): string {
  const address = link.replaceAll('&', '&amp;');
  return [
    '<!doctype html><meta charset="utf-8"><title>Imago</title>',
    '<meta name="referrer" content="no-referrer">',
    `<meta http-equiv="refresh" content="0; url=${address}">`,
    `<a href="${address}">To the console</a>\n`,
  ].join('\n');
}
