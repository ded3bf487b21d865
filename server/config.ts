/**
 * The only reader of the environment. What a flag of the CLI says wins over what is read here.
 *
 *   IMAGO_HOME      home folder
 *   IMAGO_CATALOG   url of the PostgreSQL database that the catalog is in; with PGPASSWORD, where
 *                   it is not in the url
 *   IMAGO_MASTER_KEY_FILE   file of the master key, where it is not in the home
 *   IMAGO_RECOVERY_KEY_FILE   file of the key that sealed catalogs are opened with
 *   CREDENTIALS_DIRECTORY   systemd's: `imago-master-passphrase` in it is the master key's passphrase,
 *                   `imago-recovery-passphrase` that of sealed catalogs
 *   IMAGO_FAULT     `kind:step:moment`: the process kills itself (SIGKILL) there, in a task that was
 *                   ordered since its start. For tests of recovery only.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export type Environment = Record<string, string | undefined>;

/** Loopback only. */
export const defaultListen = '127.0.0.1:8773';
export const defaultRegion = 'us-east-1';

/**
 * For an ordinary user `imago` in the XDG data folder. For root `/var/lib/imago`: QEMU and the data
 * plane drop to an unprivileged identity there, and that cannot pass through root's own closed home
 * directory.
 */
export function homeFolder(environment: Environment, flag?: string): string {
  if (flag) return path.resolve(flag);
  if (environment.IMAGO_HOME) return path.resolve(environment.IMAGO_HOME);
  if (process.getuid?.() === 0) return '/var/lib/imago';
  const data = environment.XDG_DATA_HOME || path.join(homedir(), '.local', 'share');
  return path.join(data, 'imago');
}

/** A PostgreSQL database. */
export interface CatalogDatabase {
  url: string;
  /** Where the url has none; nor need there be one, as with a socket or ~/.pgpass. */
  password?: string;
}

/**
 * The database that holds the catalog, if it is not the home. What the environment says of it is
 * taken out of there: machines and the data plane inherit the environment, and shall not know how
 * to sign in.
 */
export function catalogDatabase(
  environment: Environment,
  flag?: string,
): CatalogDatabase | undefined {
  const { IMAGO_CATALOG, PGPASSWORD: password } = environment;
  delete environment.IMAGO_CATALOG;
  delete environment.PGPASSWORD;
  const url = flag ?? IMAGO_CATALOG;
  if (!url) return undefined;
  if (!/^postgres(ql)?:\/\/./.test(url)) {
    throw new Error('The catalog is named by a url, such as postgres://imago@db.example/imago.');
  }
  if (flag && /^[^:]+:\/\/[^/?#]*:[^/?#]*@|[?&]password=/.test(flag)) {
    throw new Error(
      'A password on the command line can be read by everybody on this host: put the url into IMAGO_CATALOG, or the password into PGPASSWORD or ~/.pgpass.',
    );
  }
  return { url, password };
}

export interface KeyPlace {
  file?: string;
  /** That the passphrase is in. */
  passphraseFile?: string;
}

/** The master key's file, or that of its passphrase; neither: the file in the home. */
export function masterKeyPlace(environment: Environment, flag?: string): KeyPlace {
  const file = flag ?? environment.IMAGO_MASTER_KEY_FILE;
  return keyPlace(environment, file, 'imago-master-passphrase');
}

/** The same of what catalogs are sealed with; neither: as the master key, where that is named. */
export function recoveryKeyPlace(environment: Environment, flag?: string): KeyPlace {
  const file = flag ?? environment.IMAGO_RECOVERY_KEY_FILE;
  return keyPlace(environment, file, 'imago-recovery-passphrase');
}

function keyPlace(
  environment: Environment,
  file: string | undefined,
  credentialName: string,
): KeyPlace {
  if (file) return { file: path.resolve(file) };
  const folder = environment.CREDENTIALS_DIRECTORY;
  const credential = folder && path.join(folder, credentialName);
  return credential && existsSync(credential) ? { passphraseFile: credential } : {};
}

export interface Fault {
  kind: string;
  step: string;
  moment: 'before' | 'after' | 'undo';
}

/** What the process was started with. */
export const environment: Environment = process.env;

export function faultOf(): Fault | undefined {
  if (!environment.IMAGO_FAULT) return undefined;
  const [kind, step, moment] = environment.IMAGO_FAULT.split(':');
  if (!kind || !step || (moment !== 'before' && moment !== 'after' && moment !== 'undo')) {
    throw new Error('IMAGO_FAULT must be kind:step:before|after|undo');
  }
  return { kind, step, moment };
}
