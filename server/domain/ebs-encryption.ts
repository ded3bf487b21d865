/**
 * What of EC2 is encrypted, and under which key: volumes and copies of snapshots where they are
 * asked to be, where their source is, and all of an account that has it so by default. Of what is
 * encrypted nothing plain is ever made. Another's snapshot is read by a grant of its key, and what
 * is made of it is under a key of one's own: then it needs the other's no more.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { KmsKeyRow } from '../catalog/rows/kms.ts';
import type { SnapshotEncryption, SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { Encryption, VolumeBase, VolumeRow } from '../catalog/rows/volume.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { settingsOf } from './account-settings.ts';
import { isGranted } from './kms-grants.ts';
import {
  ensureDefaultKey,
  type KeyMaking,
  keyArn,
  regionOfArn,
  requiredKeyFor,
} from './kms-keys.ts';
import type { Owner } from './viewer.ts';
import { passedOn } from './volume-keys.ts';

export interface EncryptionRequest {
  encrypted?: boolean;
  kmsKeyId?: string;
}

/** The key of what is made for the viewer; nothing where it is plain. */
async function keyFor(
  transaction: CatalogTransaction,
  viewer: Owner,
  { encrypted, kmsKeyId }: EncryptionRequest,
  source: Pick<SnapshotRow, 'account' | 'encryption'> | undefined,
  making: KeyMaking,
): Promise<KmsKeyRow | undefined> {
  if (kmsKeyId !== undefined && !encrypted) {
    throw new ServiceError(
      'InvalidParameterDependency',
      'The parameter KmsKeyId requires the parameter Encrypted to be set.',
    );
  }
  if (kmsKeyId !== undefined) return usableKey(transaction, viewer, kmsKeyId, making);
  const settings = await settingsOf(transaction, viewer);
  if (source?.encryption && source.account === viewer.account) {
    return requiredUsable(transaction, viewer, source.encryption.keyId, making.clock.now());
  }
  if (!encrypted && !source?.encryption && !settings.ebsEncryptionByDefault) return undefined;
  return defaultKey(transaction, viewer, making);
}

/** That of the account's volumes, where nobody says another. */
export async function defaultKey(
  transaction: CatalogTransaction,
  viewer: Owner,
  making: KeyMaking,
): Promise<KmsKeyRow> {
  const { ebsDefaultKeyId: id } = await settingsOf(transaction, viewer);
  if (id === undefined) return told(() => ensureDefaultKey(transaction, viewer, making));
  return requiredUsable(transaction, viewer, id, making.clock.now());
}

/**
 * The key of a snapshot that is put block by block, as EBS has it: over a parent there is no choice,
 * and nothing becomes plain that was asked to be encrypted.
 */
export async function uploadKey(
  transaction: CatalogTransaction,
  viewer: Owner,
  { encrypted, kmsKeyId }: EncryptionRequest,
  parent: SnapshotRow | undefined,
  making: KeyMaking,
): Promise<KmsKeyRow | undefined> {
  const { ebsEncryptionByDefault } = await settingsOf(transaction, viewer);
  const isAsked = encrypted ?? ebsEncryptionByDefault ?? false;
  if (parent && (encrypted !== undefined || kmsKeyId !== undefined)) {
    throw combination(
      'Encrypted and KmsKeyArn are those of the parent: give none of them with it.',
    );
  }
  if (kmsKeyId !== undefined && !isAsked)
    throw combination('KmsKeyArn needs Encrypted to be true.');
  if (ebsEncryptionByDefault && (encrypted === false || (parent && !parent.encryption))) {
    throw combination(
      'EBS encryption by default is enabled: no snapshot is begun that is not encrypted, or that is over one that is not. Copy the parent first.',
    );
  }
  if (parent?.encryption) {
    const now = making.clock.now();
    await readEncryption(transaction, viewer, parent, now);
    return requiredUsable(transaction, viewer, parent.encryption.keyId, now);
  }
  if (kmsKeyId !== undefined) return usableKey(transaction, viewer, kmsKeyId, making);
  return isAsked ? defaultKey(transaction, viewer, making) : undefined;
}

function combination(message: string): ServiceError {
  return new ServiceError('InvalidParameterCombination', message);
}

/** Of what comes from elsewhere: imports, and images that were stored. */
export async function arrivalEncryption(
  transaction: CatalogTransaction,
  viewer: Owner,
  request: EncryptionRequest,
  making: KeyMaking,
): Promise<SnapshotEncryption | undefined> {
  const key = await keyFor(transaction, viewer, request, undefined, making);
  return key && encryptedUnder(key, viewer);
}

/** What a row of the viewer's says of it. */
export function encryptedUnder(
  { id: keyId, account: keyOwner }: KmsKeyRow,
  { account }: Pick<Owner, 'account'>,
): SnapshotEncryption {
  return { keyId, ...(keyOwner !== account && { keyOwner }) };
}

/** One that a request names, as kms's names go: another account's, too, where it is granted. */
export async function usableKey(
  reader: CatalogReader,
  viewer: Owner,
  name: string,
  { clock }: Pick<KeyMaking, 'clock'>,
): Promise<KmsKeyRow> {
  const operation = 'GenerateDataKeyWithoutPlaintext';
  const now = clock.now();
  const row = await told(() => requiredKeyFor(reader, viewer, name, operation, now));
  return requiredUsable(reader, viewer, row.id, now);
}

/** EC2's errors for what kms says. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code === 'KeyUnavailableException') throw invalidState(error.message);
    throw new ServiceError('InvalidKMSKey.NotFound', error.message);
  }
}

function invalidState(why: string): ServiceError {
  return new ServiceError(
    'InvalidKMSKey.InvalidState',
    `The KMS key provided is in an incorrect state: ${why}`,
  );
}

/** For what is the viewer's, or becomes so. */
async function requiredUsable(
  reader: CatalogReader,
  viewer: Pick<Owner, 'account'>,
  id: string,
  now: Date,
): Promise<KmsKeyRow> {
  const row = await requiredEnabled(reader, id, now);
  const why = await grantProblem(reader, viewer, row);
  if (why !== undefined) throw new ServiceError('InvalidKMSKey.NotFound', why);
  return row;
}

async function requiredEnabled(reader: CatalogReader, id: string, now: Date): Promise<KmsKeyRow> {
  const row = await reader.kmsKeys.get(id);
  const why = problemOf(id, row, now);
  if (row && why === undefined) return row;
  throw invalidState(why ?? id);
}

/** What is encrypted is written and read: another's key has to be granted for both. */
async function grantProblem(
  reader: CatalogReader,
  { account }: Pick<Owner, 'account'>,
  key: KmsKeyRow,
): Promise<string | undefined> {
  if (key.account === account) return undefined;
  for (const operation of ['GenerateDataKeyWithoutPlaintext', 'Decrypt'] as const) {
    if (await isGranted(reader, key.id, account, operation)) continue;
    return `The account ${account} has no grant of ${keyArn(key)} for ${operation}.`;
  }
  return undefined;
}

function problemOf(id: string, row: KmsKeyRow | undefined, now: Date): string | undefined {
  if (!row || (row.deletionAt ?? '9') <= now.toISOString()) return `${id} does not exist.`;
  if (row.state === 'Enabled') return undefined;
  return `${keyArn(row)} is ${row.state === 'Disabled' ? 'disabled' : 'pending deletion'}.`;
}

/** Why a guest with these volumes cannot start; nothing where it can. */
export async function keyProblem(
  reader: CatalogReader,
  volumes: readonly Encrypted[],
  now: Date,
): Promise<string | undefined> {
  const owners = new Map(
    volumes.flatMap(({ encryption, account }) => (encryption ? [[encryption.keyId, account]] : [])),
  );
  for (const [id, account] of owners) {
    const key = await reader.kmsKeys.get(id);
    const why = problemOf(id, key, now) ?? (key && (await grantProblem(reader, { account }, key)));
    if (why !== undefined) return why;
  }
  return undefined;
}

type Encrypted = Pick<VolumeRow, 'account' | 'encryption'>;

/** Throws where it is about to be attached, or written, and its key does not let it. */
export async function checkKeyUsable(
  reader: CatalogReader,
  volume: Encrypted,
  now: Date,
): Promise<void> {
  const why = await keyProblem(reader, [volume], now);
  if (why !== undefined) throw invalidState(why);
}

/** Of a new volume: its own encryption, and what it lies on. */
export async function volumeEncryption(
  transaction: CatalogTransaction,
  viewer: Owner,
  request: EncryptionRequest,
  source: (SnapshotRow & { root: string }) | undefined,
  making: KeyMaking,
): Promise<Pick<VolumeRow, 'encryption' | 'base'>> {
  const key = await keyFor(transaction, viewer, request, source, making);
  const encryption = await sourceEncryption(transaction, viewer, source, key, making);
  return {
    ...(key && { encryption: encryptedUnder(key, viewer) }),
    ...(source && { base: baseOf(source, encryption) }),
  };
}

function baseOf(
  { root, volumeSizeGiB }: SnapshotRow & { root: string },
  encryption: Encryption | undefined,
): VolumeBase {
  return { root, sizeBytes: volumeSizeGiB * gibBytes, ...(encryption && { encryption }) };
}

/** Of a copy of a volume, and of what the copy will lie on, where that is not under its own key. */
export async function volumeCopyEncryption(
  transaction: CatalogTransaction,
  viewer: Owner,
  request: EncryptionRequest,
  source: VolumeRow,
  making: KeyMaking,
): Promise<Pick<VolumeRow, 'encryption'> & { base?: Pick<VolumeBase, 'encryption'> }> {
  const key = await keyFor(transaction, viewer, request, source, making);
  if (!key) return {};
  const encryption = encryptedUnder(key, viewer);
  if (source.encryption?.keyId === key.id) return { encryption };
  const opened = await sourceEncryption(transaction, viewer, source, key, making);
  return { encryption, base: opened ? { encryption: opened } : {} };
}

/** How the blocks of a source are opened, by `key` alone; nothing where they are plain. */
export async function sourceEncryption(
  reader: CatalogReader,
  viewer: Owner,
  source: Pick<SnapshotRow, 'id' | 'account' | 'encryption'> | undefined,
  key: KmsKeyRow | undefined,
  { clock, masterKey }: KeyMaking,
): Promise<Encryption | undefined> {
  if (!source?.encryption || !key) return undefined;
  const from = await requiredEnabled(reader, source.encryption.keyId, clock.now());
  if (from.account !== viewer.account) await checkGranted(reader, viewer, from, source.id);
  return told(async () => passedOn(from, key, masterKey));
}

async function checkGranted(
  reader: CatalogReader,
  { account }: Owner,
  key: KmsKeyRow,
  snapshotId: string,
): Promise<void> {
  if (await isGranted(reader, key.id, account, 'Decrypt')) return;
  throw new ServiceError(
    'InvalidKMSKey.NotFound',
    `The snapshot '${snapshotId}' is encrypted under a key that its owner has not granted this account to decrypt with.`,
  );
}

/** Of a snapshot that is read block by block: by its owner, or by a grant. */
export async function readEncryption(
  reader: CatalogReader,
  viewer: Owner,
  { id, encryption }: Pick<SnapshotRow, 'id' | 'encryption'>,
  now: Date,
): Promise<Encryption | undefined> {
  if (!encryption) return undefined;
  const key = await requiredEnabled(reader, encryption.keyId, now);
  if (key.account !== viewer.account) await checkGranted(reader, viewer, key, id);
  return encryption;
}

export interface CopyEncryption {
  /** Of the copy. */
  encryption?: SnapshotEncryption;
  /** How the source is opened, where it is not plain. */
  source?: Encryption;
}

/** Of a copy of a snapshot. */
export async function copyEncryption(
  transaction: CatalogTransaction,
  viewer: Owner,
  request: EncryptionRequest,
  source: SnapshotRow,
  making: KeyMaking,
): Promise<CopyEncryption> {
  if (request.encrypted === false && source.encryption) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The snapshot '${source.id}' is encrypted: so are its copies, and Encrypted cannot be false.`,
    );
  }
  // A key is of a region.
  const isHere = source.region === viewer.region;
  const shown = isHere ? source : { ...source, account: '' };
  const key = await keyFor(transaction, viewer, request, shown, making);
  const there = { ...viewer, region: source.region };
  const opened = await sourceEncryption(transaction, there, source, key, making);
  return {
    ...(key && { encryption: encryptedUnder(key, viewer) }),
    ...(opened && { source: opened }),
  };
}

/**
 * Of a disk that was stored under a key, which its file names, or plain: anew it is under the
 * account's default key where it was encrypted, or all is.
 */
export async function restoredEncryption(
  transaction: CatalogTransaction,
  viewer: Owner,
  storedUnder: string | undefined,
  making: KeyMaking,
): Promise<CopyEncryption> {
  if (storedUnder === undefined) {
    const encryption = await arrivalEncryption(transaction, viewer, {}, making);
    return encryption ? { encryption } : {};
  }
  const now = making.clock.now();
  const there = { ...viewer, region: regionOfArn(storedUnder) };
  const named = await told(() => requiredKeyFor(transaction, there, storedUnder, 'Decrypt', now));
  const from = await requiredEnabled(transaction, named.id, now);
  const key = await defaultKey(transaction, viewer, making);
  const source = await told(async () => passedOn(from, key, making.masterKey));
  return { encryption: encryptedUnder(key, viewer), source };
}
