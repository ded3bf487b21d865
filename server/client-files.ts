/**
 * What clients on this host read: the first account's key and where Imago listens. A file that says
 * the same already is left alone, and one that cannot be written (a full disk) keeps nobody from
 * being served.
 */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CredentialRow } from './catalog/rows/account.ts';
import { credentialsText, parseCredentials } from './foundations/client-credentials.ts';
import type { Home } from './foundations/home.ts';
import type { Log } from './foundations/log.ts';

export function writeCredentials(
  home: Home,
  credential: CredentialRow,
  region: string | undefined,
  log: Log,
): void {
  const key = { accessKeyId: credential.id, secretAccessKey: credential.secretAccessKey };
  const text = credentialsText(key, region);
  writeForClients(home.credentialsFile, text, 0o600, log);
}

/** The id of the key that was written, if any. */
export function keyOfClients(home: Home): string | undefined {
  return parseCredentials(textOf(home.credentialsFile) ?? '')?.accessKeyId;
}

export function writeEndpoint(
  home: Home,
  endpoint: string,
  region: string | undefined,
  log: Log,
): Disposable {
  const file = path.join(home.runFolder, 'endpoint');
  writeForClients(file, `${endpoint}\n${region}\n`, 0o644, log);
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

function writeForClients(file: string, text: string, mode: number, log: Log): void {
  const draft = `${file}.new`;
  try {
    if (textOf(file) !== text) {
      writeFileSync(draft, text, { mode });
      renameSync(draft, file);
    }
    chmodSync(file, mode);
  } catch (error) {
    rmSync(draft, { force: true });
    log.error('a file for clients could not be written', { file, error });
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
