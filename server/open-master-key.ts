/**
 * Where the master key comes from: a file of 32 bytes, or a passphrase by scrypt. At the first start
 * the file is made, in the home or where it is said to be. From then on the catalog tells (by a
 * check, never by the key) whether it is given the same one: another is of no use to what was
 * wrapped, and a new one in its place would hide that. Without it Imago runs, and refuses whatever
 * needs a key.
 */
import { randomBytes } from 'node:crypto';
import { type Catalog, DuplicateRowError } from './catalog/catalog.ts';
import type { MasterKeyRow } from './catalog/rows/kms.ts';
import type { Clock } from './domain/identity.ts';
import { checkOf, keyBytes, MasterKey } from './domain/master-key.ts';
import type { Files } from './files/files.ts';
import { readFileWithin, replaceFile } from './files/whole-file.ts';
import type { Home } from './foundations/home.ts';
import type { Log } from './foundations/log.ts';
import { secretOfPassphrase } from './passphrase.ts';

const rowId = 'master';
const saltBytes = 32;
const othersMask = 0o077;

/** At most one of them; neither: the file in the home. */
export interface MasterKeySource {
  file?: string;
  passphrase?: string;
}

export interface OpenMasterKeyOptions {
  catalog: Catalog;
  files: Files;
  home: Pick<Home, 'masterKeyFile'>;
  /** Absent: the file in the home. */
  masterKey?: MasterKeySource;
  clock: Clock;
  log: Log;
}

export async function openMasterKey(options: OpenMasterKeyOptions): Promise<MasterKey> {
  const key = await find(options);
  if (key.problem !== undefined) {
    options.log.error('there is no master key: whatever needs a key is refused', {
      problem: key.problem,
    });
  }
  return key;
}

async function find(options: OpenMasterKeyOptions): Promise<MasterKey> {
  const { catalog, masterKey: source = {}, home } = options;
  const known = await catalog.read(({ masterKeys }) => masterKeys.get(rowId));
  if (source.passphrase !== undefined) return ofPassphrase(options, source.passphrase, known);
  if (known?.salt !== undefined) {
    return MasterKey.absent('the keys of this catalog are wrapped by a passphrase: give it');
  }
  return ofFile(options, source.file ?? home.masterKeyFile, known);
}

async function ofPassphrase(
  options: OpenMasterKeyOptions,
  passphrase: string,
  known: MasterKeyRow | undefined,
): Promise<MasterKey> {
  if (known && known.salt === undefined) {
    return MasterKey.absent('the keys of this catalog are wrapped by a file: give that');
  }
  const salt = known?.salt ?? randomBytes(saltBytes).toString('base64');
  const secret = await secretOfPassphrase(passphrase, salt);
  if (await isRecorded(options, secret, known, salt)) return MasterKey.of(secret);
  return MasterKey.absent('the passphrase is not that of the keys of this catalog');
}

async function ofFile(
  options: OpenMasterKeyOptions,
  file: string,
  known: MasterKeyRow | undefined,
): Promise<MasterKey> {
  let secret: Buffer | undefined;
  try {
    secret = await readFileWithin(options.files, file, keyBytes);
    if (secret && ((await options.files.stat(file)).mode & othersMask) !== 0) {
      return MasterKey.absent(`${file} is open to others: chmod 600 it`);
    }
  } catch (error) {
    return MasterKey.absent(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (!secret && known) {
    return MasterKey.absent(`${file} is missing, and the keys of this catalog are wrapped by it`);
  }
  if (!secret) {
    secret = randomBytes(keyBytes);
    // Before the row: a file that nothing was wrapped by yet is no loss.
    await replaceFile(options.files, file, secret);
  }
  if (secret.length !== keyBytes) {
    return MasterKey.absent(`${file} has ${secret.length} bytes, a master key ${keyBytes}`);
  }
  if (await isRecorded(options, secret, known)) return MasterKey.of(secret);
  return MasterKey.absent(`${file} is not what the keys of this catalog are wrapped by`);
}

/** Of two that come first at once the other's counts. */
async function isRecorded(
  { catalog, clock }: OpenMasterKeyOptions,
  secret: Buffer,
  known: MasterKeyRow | undefined,
  salt?: string,
): Promise<boolean> {
  const check = checkOf(secret);
  if (known) return known.check === check;
  const createdAt = clock.now().toISOString();
  try {
    await catalog.write(({ masterKeys }) =>
      masterKeys.insert({ id: rowId, createdAt, check, ...(salt !== undefined && { salt }) }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof DuplicateRowError)) throw error;
    const first = await catalog.read(({ masterKeys }) => masterKeys.get(rowId));
    return first?.check === check;
  }
}
