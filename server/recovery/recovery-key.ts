/**
 * What catalogs are sealed under: a key at random, which the operator's passphrase or key file
 * wraps, and which is in the store in this form alone. Another passphrase begins another key; what
 * was sealed under the one before is opened by the passphrase of then.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type SealKey, sealKeyOf } from '../blocks/sealed-block.ts';
import { derivedKey, keyBytes, MasterKey, WrappedKeyError } from '../domain/master-key.ts';
import type { Files } from '../files/files.ts';
import { readFileWithin, replaceFile } from '../files/whole-file.ts';
import { secretOfPassphrase } from '../passphrase.ts';

const saltBytes = 32;
const othersMask = 0o077;

/** Exactly one of them. */
export interface RecoveryKeySource {
  file?: string;
  passphrase?: string;
}

export interface RecoveryKeyEntry {
  id: string;
  createdAt: string;
  /** Of a passphrase, base64; absent: a key file wraps it. */
  salt?: string;
  wrapped: string;
}

export interface RecoveryKey {
  entry: RecoveryKeyEntry;
  key: SealKey;
}

/** The passphrase or file is not there, or not that of what is to be opened. */
export class RecoveryKeyError extends Error {
  override name = 'RecoveryKeyError';
}

/** Throws RecoveryKeyError. */
export async function openRecoveryKey(
  files: Files,
  entry: RecoveryKeyEntry,
  source: RecoveryKeySource,
): Promise<RecoveryKey> {
  if ((entry.salt === undefined) !== (source.passphrase === undefined)) {
    const wanted = entry.salt === undefined ? 'a key file' : 'a passphrase';
    throw new RecoveryKeyError(`it is sealed under ${wanted}: give that`);
  }
  const wrapping = MasterKey.of(await secretOf(files, source, entry.salt));
  try {
    return { entry, key: sealKeyOf(wrapping.unwrap(entry.wrapped, ownerOf(entry.id))) };
  } catch (error) {
    if (!(error instanceof WrappedKeyError)) throw error;
    const given = source.passphrase === undefined ? source.file : 'the passphrase';
    throw new RecoveryKeyError(`${given} is not what it is sealed under`);
  }
}

/**
 * For what is to be sealed: the newest key of these that is opened, else a new one. A key file that
 * is not there is made, unless something is sealed under one.
 */
export async function keyToSealWith(
  files: Files,
  known: readonly RecoveryKeyEntry[],
  source: RecoveryKeySource,
  now: Date,
): Promise<RecoveryKey> {
  const newest = known.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt)).at(-1);
  try {
    if (newest) return await openRecoveryKey(files, newest, source);
  } catch (error) {
    if (!(error instanceof RecoveryKeyError)) throw error;
  }
  if (source.file !== undefined) {
    await makeKeyFile(
      files,
      source.file,
      known.some(({ salt }) => salt === undefined),
    );
  }
  const isPassphrase = source.passphrase !== undefined;
  const salt = isPassphrase ? randomBytes(saltBytes).toString('base64') : undefined;
  const id = randomUUID();
  const secret = randomBytes(keyBytes);
  const wrapped = MasterKey.of(await secretOf(files, source, salt)).wrap(secret, ownerOf(id));
  const entry = { id, createdAt: now.toISOString(), ...(salt !== undefined && { salt }), wrapped };
  return { entry, key: sealKeyOf(secret) };
}

async function secretOf(
  files: Files,
  { file, passphrase }: RecoveryKeySource,
  salt: string | undefined,
): Promise<Buffer> {
  const purpose = 'imago recovery key: wrapping';
  if (passphrase !== undefined) {
    return derivedKey(await secretOfPassphrase(passphrase, salt ?? ''), purpose);
  }
  if (file === undefined) throw new RecoveryKeyError('there is neither passphrase nor key file');
  return derivedKey(await readKeyFile(files, file), purpose);
}

async function readKeyFile(files: Files, file: string): Promise<Buffer> {
  let secret: Buffer | undefined;
  try {
    secret = await readFileWithin(files, file, keyBytes);
    if (secret && ((await files.stat(file)).mode & othersMask) !== 0) {
      throw new Error('it is open to others: chmod 600 it, or a copy of it');
    }
  } catch (error) {
    throw new RecoveryKeyError(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (secret?.length === keyBytes) return secret;
  throw new RecoveryKeyError(
    secret ? `${file} has ${secret.length} bytes, a key ${keyBytes}` : `${file} is not there`,
  );
}

async function makeKeyFile(files: Files, file: string, isExpected: boolean): Promise<void> {
  if (await readFileWithin(files, file, keyBytes)) return;
  if (isExpected) {
    throw new RecoveryKeyError(`${file} is missing, and catalogs are sealed under a key file`);
  }
  await replaceFile(files, file, randomBytes(keyBytes));
}

function ownerOf(id: string): string {
  return `recovery key ${id}`;
}
