/**
 * What a client on the same host finds in the home of an Imago: where it listens (run/endpoint),
 * the first account's key (credentials, written at each start), and the keys of other accounts that
 * were made on this command line (clients/NAME). Keys are in the shared-credentials format of the
 * AWS tools, 0600.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {
  type ClientCredentials,
  credentialsText,
  parseCredentials,
} from '../server/foundations/client-credentials.ts';
import type { Home } from '../server/foundations/home.ts';
import { CommandError } from './command-error.ts';

export interface Connection extends ClientCredentials {
  endpoint: string;
  region: string;
}

/** Its endpoint and default region, a line each. */
export function endpointFile(home: Home): string {
  return path.join(home.runFolder, 'endpoint');
}

/** As the first account, or as another one by its name. */
export function readConnection(home: Home, account?: string): Connection {
  const [endpoint, region] = read(endpointFile(home), () => notRunning(home))
    .trim()
    .split('\n');
  const text =
    account === undefined || isFirst(home, account)
      ? read(home.credentialsFile, () => notRunning(home))
      : read(keyFile(home, account), () => noKey(home, account));
  const key = parseCredentials(text);
  if (!endpoint || !region || !key) {
    throw new CommandError(
      `The files in ${home.folder} that say how to reach Imago are incomplete.`,
      'Stop Imago and start it again: imago serve',
    );
  }
  return { endpoint, region, ...key };
}

/** By the name that it is made with. */
function isFirst(home: Home, account: string): boolean {
  return account === 'default' && !existsSync(keyFile(home, account));
}

/** Where the key of an account is kept; without a name the first account's. */
export function keyFile(home: Home, account?: string): string {
  if (account === undefined) return home.credentialsFile;
  // A name is given by whoever types it, and is that of no other file.
  if (!/^[A-Za-z0-9][\w.-]*$/.test(account)) throw noKey(home, account);
  return path.join(home.clientsFolder, account);
}

/** For `readConnection`; the file is of before or of after. */
export function keepKey(file: string, key: ClientCredentials, region: string): void {
  const draft = `${file}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, credentialsText(key, region), { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    const { message } = error as Error;
    throw new CommandError(
      `The access key is made, but cannot be kept in ${file} (${message}).`,
      'Note it down: it is not told again.',
    );
  }
}

export function forgetAccount(home: Home, account: string): void {
  rmSync(keyFile(home, account), { force: true });
}

/** One that is deleted is good for nobody. */
export function forgetKey(home: Home, accessKeyId: string): void {
  for (const name of namesIn(home.clientsFolder)) {
    const file = path.join(home.clientsFolder, name);
    if (parseCredentials(readFileSync(file, 'utf8'))?.accessKeyId === accessKeyId) rmSync(file);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function notRunning(home: Home): CommandError {
  return new CommandError(
    `No Imago is running with the home ${home.folder}.`,
    'Start one with `imago serve`, or name another home with --home.',
  );
}

function noKey(home: Home, account: string): CommandError {
  return new CommandError(
    `No key of an account '${account}' is kept in ${home.clientsFolder}.`,
    `Make one with \`imago accounts keys create ${account}\`; \`imago accounts list\` has all names.`,
  );
}

function read(file: string, missing: () => CommandError): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw missing();
    if (code === 'EACCES') {
      throw new CommandError(
        `${file} belongs to another user.`,
        'Run this as the user who runs Imago, or name your own home with --home.',
      );
    }
    throw error;
  }
}
