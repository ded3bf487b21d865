/**
 * Keys of kms: their states, how requests name them, and who may use which. An account has its own;
 * another's it uses by a grant (kms-grants.ts), and what it has no grant for does not exist.
 *
 *   Enabled <--> Disabled;  either --ScheduleKeyDeletion--> PendingDeletion --its days--> gone
 *   PendingDeletion --CancelKeyDeletion--> Disabled
 *
 * `alias/aws/ebs` is the service's key for an account's volumes, made when it is first asked for.
 */
import { randomBytes } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import { aliasRowId, type KmsKeyRow } from '../catalog/rows/kms.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import type { Clock, Ids } from './identity.ts';
import { type GrantOperation, hasGrant, isGranted } from './kms-grants.ts';
import { KeyMaterial } from './kms-material.ts';
import { keyBytes, type MasterKey, MasterKeyUnavailableError } from './master-key.ts';
import type { Owner } from './viewer.ts';

/** AWS's. */
const keysMax = 100_000;
const descriptionMaxChars = 8192;
const deletionDays = { min: 7, max: 30 };
const dayMs = 24 * 60 * 60 * 1000;
/** In one transaction: others wait for it. */
const removedAtOnce = 20;

export const defaultAlias = 'alias/aws/ebs';
const defaultDescription = 'Default key that protects my EBS volumes when no other key is defined';

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const arnPattern = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):(key|alias)\/(.+)$/;

export interface KeyMaking {
  ids: Ids;
  clock: Clock;
  masterKey: MasterKey;
}

export function keyArn({ account, region, id }: Pick<KmsKeyRow, 'account' | 'region' | 'id'>) {
  return `arn:aws:kms:${region}:${account}:key/${id}`;
}

/** '' where it is none. */
export function regionOfArn(arn: string): string {
  return arnPattern.exec(arn)?.[1] ?? '';
}

/** Of what something is encrypted under. */
export function encryptionArn({
  account,
  region,
  encryption,
}: Owner & { encryption?: Pick<Encryption, 'keyId' | 'keyOwner'> }): string | undefined {
  if (!encryption) return undefined;
  return keyArn({ account: encryption.keyOwner ?? account, region, id: encryption.keyId });
}

export function invalidInput(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

export async function createKey(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  asked: Pick<KmsKeyRow, 'description' | 'manager'> & { tags: Tags },
  { ids, clock, masterKey }: KeyMaking,
): Promise<KmsKeyRow> {
  const { kmsKeys } = transaction;
  checkDescription(asked.description);
  if ((await kmsKeys.count({ where: { account, region } })) >= keysMax) {
    throw new ServiceError('LimitExceededException', `An account has at most ${keysMax} keys.`);
  }
  const id = ids.uuid();
  const row: KmsKeyRow = {
    ...asked,
    id,
    account,
    region,
    createdAt: clock.now().toISOString(),
    state: 'Enabled',
    material: told(() => masterKey.wrap(randomBytes(keyBytes), materialOwner(id))),
  };
  await kmsKeys.insert(row);
  return row;
}

/** The service's for an account's volumes in a region. */
export async function ensureDefaultKey(
  transaction: CatalogTransaction,
  owner: Owner,
  making: KeyMaking,
): Promise<KmsKeyRow> {
  const { account, region } = owner;
  const known = await defaultKeyOf(transaction, owner);
  if (known) return known;
  const asked = { description: defaultDescription, manager: 'AWS', tags: {} } as const;
  const key = await createKey(transaction, owner, asked, making);
  await transaction.kmsAliases.insert({
    id: aliasRowId(owner, defaultAlias),
    account,
    region,
    createdAt: key.createdAt,
    updatedAt: key.createdAt,
    name: defaultAlias,
    keyId: key.id,
  });
  return key;
}

export async function defaultKeyOf(
  { kmsAliases, kmsKeys }: CatalogReader,
  owner: Owner,
): Promise<KmsKeyRow | undefined> {
  const alias = await kmsAliases.get(aliasRowId(owner, defaultAlias));
  return alias && kmsKeys.get(alias.keyId);
}

/** What a request calls a key: id, ARN, alias, ARN of an alias; of another account an ARN only. */
interface KeyName extends Owner {
  kind: 'key' | 'alias';
  name: string;
}

function parsedName({ account, region }: Owner, text: string): KeyName {
  if (text.startsWith('alias/')) return { account, region, kind: 'alias', name: text };
  if (!text.startsWith('arn:')) return { account, region, kind: 'key', name: text };
  const [, ofRegion = '', ofAccount = '', kind, rest = ''] = arnPattern.exec(text) ?? [];
  if (kind === undefined) {
    throw new ServiceError('InvalidArnException', `'${text}' is no ARN of a key or an alias.`);
  }
  if (kind === 'alias') {
    return { account: ofAccount, region: ofRegion, kind, name: `alias/${rest}` };
  }
  return { account: ofAccount, region: ofRegion, kind: 'key', name: rest };
}

export function keyNotFound({ account, region, kind, name }: KeyName): ServiceError {
  const arn = `arn:aws:kms:${region}:${account}:${kind === 'key' ? 'key/' : ''}${name}`;
  const message = kind === 'key' ? `Key '${arn}' does not exist` : `Alias ${arn} is not found.`;
  return new ServiceError('NotFoundException', message);
}

async function findKey(
  { kmsKeys, kmsAliases }: CatalogReader,
  viewer: Owner,
  named: KeyName,
  now: Date,
): Promise<KmsKeyRow | undefined> {
  if (named.region !== viewer.region) return undefined;
  const { kind, name } = named;
  const alias = kind === 'alias' ? await kmsAliases.get(aliasRowId(named, name)) : undefined;
  const id = kind === 'alias' ? alias?.keyId : name;
  const row = id !== undefined && idPattern.test(id) ? await kmsKeys.get(id) : undefined;
  if (row?.account !== named.account || row.region !== named.region) return undefined;
  return isOver(row, now) ? undefined : row;
}

/** Its time is over: it is as good as gone. */
function isOver({ deletionAt }: KmsKeyRow, now: Date): boolean {
  return deletionAt !== undefined && deletionAt <= now.toISOString();
}

/** One's own, by its id or ARN alone: what is about to be changed. */
export async function requiredOwnKey(
  reader: CatalogReader,
  viewer: Owner,
  text: string,
  now: Date,
): Promise<KmsKeyRow> {
  const named = parsedName(viewer, text);
  if (named.kind === 'alias') {
    throw invalidInput('An alias does not name a key here: give its id or its ARN.');
  }
  const row = await findKey(reader, viewer, named, now);
  if (row?.account === viewer.account) return row;
  throw keyNotFound(named);
}

/** And not the service's own, which nobody changes. */
export async function requiredCustomerKey(
  reader: CatalogReader,
  viewer: Owner,
  text: string,
  now: Date,
): Promise<KmsKeyRow> {
  const row = await requiredOwnKey(reader, viewer, text, now);
  if (row.manager === 'CUSTOMER') return row;
  throw new ServiceError(
    'AccessDeniedException',
    `${keyArn(row)} is managed by AWS: it cannot be changed.`,
  );
}

/** One's own, or another's that a grant lets the viewer do this with; in whatever state. */
export async function requiredKeyFor(
  reader: CatalogReader,
  viewer: Owner,
  text: string,
  operation: GrantOperation,
  now: Date,
): Promise<KmsKeyRow> {
  const named = parsedName(viewer, text);
  const row = await findKey(reader, viewer, named, now);
  if (!row) throw keyNotFound(named);
  await checkMayUse(reader, viewer, row, operation, named);
  return row;
}

async function mayUse(
  reader: CatalogReader,
  { account }: Pick<Owner, 'account'>,
  row: KmsKeyRow,
  operation: GrantOperation,
): Promise<boolean> {
  return row.account === account || isGranted(reader, row.id, account, operation);
}

async function checkMayUse(
  reader: CatalogReader,
  { account }: Owner,
  row: KmsKeyRow,
  operation: GrantOperation,
  named: KeyName,
): Promise<void> {
  if (await mayUse(reader, { account }, row, operation)) return;
  if (!(await hasGrant(reader, row.id, account))) throw keyNotFound(named);
  throw new ServiceError(
    'AccessDeniedException',
    `The account ${account} has no grant of ${keyArn(row)} for ${operation}.`,
  );
}

/** The key of that id, which a ciphertext names. */
export async function keyOfCiphertext(
  reader: CatalogReader,
  viewer: Owner,
  id: string,
  operation: GrantOperation,
  now: Date,
): Promise<KmsKeyRow> {
  const row = await reader.kmsKeys.get(id);
  const isSeen = row?.region === viewer.region && !isOver(row, now);
  if (isSeen && (await mayUse(reader, viewer, row, operation))) return row;
  // Nobody who could not use it is told whether it is there.
  throw new ServiceError(
    'AccessDeniedException',
    'The ciphertext refers to a key that does not exist, does not exist in this region, or you are not allowed to access.',
  );
}

export function checkUsable(row: KmsKeyRow): void {
  if (row.state === 'Disabled') {
    throw new ServiceError('DisabledException', `${keyArn(row)} is disabled.`);
  }
  checkNotPending(row);
}

export function checkNotPending(row: KmsKeyRow): void {
  if (row.state !== 'PendingDeletion') return;
  throw new ServiceError('KMSInvalidStateException', `${keyArn(row)} is pending deletion.`);
}

export function materialOf(row: KmsKeyRow, masterKey: MasterKey): KeyMaterial {
  return new KeyMaterial(row.id, secretOf(row, masterKey));
}

/** What everything is derived from: never leaves this process. */
export function secretOf({ id, material }: KmsKeyRow, masterKey: MasterKey): Buffer {
  return told(() => masterKey.unwrap(material, materialOwner(id)));
}

function materialOwner(id: string): string {
  return `kms key ${id}`;
}

/** What clients are told where there is no master key. */
export function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MasterKeyUnavailableError)) throw error;
    throw new ServiceError(
      'KeyUnavailableException',
      `The keys of this Imago are not available: ${error.message}`,
    );
  }
}

export function checkDescription(description: string): void {
  if (description.length <= descriptionMaxChars) return;
  throw invalidInput(`A description has at most ${descriptionMaxChars} characters.`);
}

export function withDeletion(
  row: KmsKeyRow,
  days: number = deletionDays.max,
  now: Date,
): KmsKeyRow {
  checkNotPending(row);
  const { min, max } = deletionDays;
  if (days < min || days > max) {
    throw invalidInput(`PendingWindowInDays is ${days}, and must be from ${min} to ${max}.`);
  }
  const deletionAt = new Date(now.getTime() + days * dayMs).toISOString();
  return { ...row, state: 'PendingDeletion', deletionAt, deletionWindowDays: days };
}

export function withoutDeletion(row: KmsKeyRow): KmsKeyRow {
  if (row.state !== 'PendingDeletion') {
    throw new ServiceError('KMSInvalidStateException', `${keyArn(row)} is not pending deletion.`);
  }
  return { ...row, state: 'Disabled', deletionAt: undefined, deletionWindowDays: undefined };
}

/** With its aliases and grants. What was encrypted under it is lost, as was announced. */
export async function removeKeysPastTime(catalog: Catalog, now: Date): Promise<void> {
  for (;;) {
    const oldest = await catalog.read(({ kmsKeys }) =>
      kmsKeys.listKeys('deletionAt', { prefix: '', limit: removedAtOnce }),
    );
    const over = oldest.filter(({ value }) => value <= now.toISOString());
    if (over.length === 0) return;
    await catalog.write(async ({ kmsKeys, kmsAliases, kmsGrants }) => {
      for (const { id } of over) {
        const row = await kmsKeys.get(id);
        if (!row || !isOver(row, now)) continue;
        for (const alias of await kmsAliases.list({ where: { keyId: id } })) {
          await kmsAliases.delete(alias.id);
        }
        for (const grant of await kmsGrants.list({ where: { keyId: id } })) {
          await kmsGrants.delete(grant.id);
        }
        await kmsKeys.delete(id);
      }
    });
  }
}
