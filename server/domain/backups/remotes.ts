/**
 * Remotes: another Imago, or AWS, that backups are sent to and fetched from. Whose they are, where
 * they may be, and their secrets, which are opened for who speaks with them and told to nobody.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { ServiceError } from '../../../api/service-error.ts';
import { digestOf } from '../../blocks/block-store.ts';
import { openBlock, sealBlock, sealKeyOf } from '../../blocks/sealed-block.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { RemoteRow } from '../../catalog/rows/remote.ts';
import type { Clock, Ids } from '../identity.ts';
import { keyBytes, type MasterKey } from '../master-key.ts';
import { requiredRow, requiredRows } from '../resource-ids.ts';
import { unfinishedStates } from '../tasks.ts';
import type { Owner } from '../viewer.ts';

export const requiredRemotes = requiredRows('remote');
export const requiredRemote = requiredRow<RemoteRow, Owner>(requiredRemotes);

/** Of an account and region. */
const remotesMax = 20;
/** In all, of those that send by themselves. */
const sendingMax = 10_000;
const tagsMax = 10;
const secretMaxChars = 512;
const sessionTokenMaxChars = 4096;

/** There. */
export interface RemoteKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a key that is for a while only. */
  sessionToken?: string;
}

export interface RemoteOrder extends RemoteKey {
  name: string;
  endpoint?: string;
  farRegion: string;
  authority?: string;
  bytesPerSecond?: number;
  sends: { key: string; value: string }[];
}

export async function createRemote(
  { remotes }: CatalogTransaction,
  { account, region }: Owner,
  order: RemoteOrder,
  { clock, ids, masterKey }: { clock: Clock; ids: Ids; masterKey: MasterKey },
): Promise<RemoteRow> {
  const { secretAccessKey, sessionToken, sends, ...told } = order;
  check(order);
  const others = await remotes.list({ where: { account, region } });
  if (others.some(({ name }) => name === order.name)) {
    throw new ServiceError('InvalidRemoteName.Duplicate', `There is a remote '${order.name}'.`);
  }
  if (others.length >= remotesMax) {
    throw new ServiceError('RequestLimitExceeded', `An account has ${remotesMax} remotes at most.`);
  }
  const id = ids.resource('remote');
  const row: RemoteRow = {
    id,
    account,
    region,
    createdAt: clock.now().toISOString(),
    ...told,
    secret: sealedSecret(id, [secretAccessKey, sessionToken], masterKey),
    ...(sends.length > 0 && { sends }),
  };
  await remotes.insert(row);
  return row;
}

/** What is under way is asked for with it from then on. */
export async function changeKey(
  { remotes }: CatalogTransaction,
  row: RemoteRow,
  key: RemoteKey,
  masterKey: MasterKey,
): Promise<void> {
  checkKey(key);
  const { accessKeyId, secretAccessKey, sessionToken } = key;
  const secret = sealedSecret(row.id, [secretAccessKey, sessionToken], masterKey);
  await remotes.update({ ...row, accessKeyId, secret });
}

/**
 * What is under way to it or from it ends. What a push has put there it takes away, for which it
 * keeps what is known of the remote until its end.
 */
export async function deleteRemote(
  transaction: CatalogTransaction,
  remote: RemoteRow,
): Promise<void> {
  const { id } = remote;
  const { remoteCopies, remotes, tasks } = transaction;
  for (const task of await tasks.list({ where: { subject: id, state: unfinishedStates } })) {
    const { step } = task;
    const input =
      step === undefined ? task.input : { ...(task.input as object), formerRemote: remote };
    await tasks.update({ ...task, input, cancelled: true });
  }
  for (const copy of await remoteCopies.list({ where: { remoteId: id } })) {
    await remoteCopies.delete(copy.id);
  }
  await remotes.delete(id);
}

/** Throws MasterKeyUnavailableError. */
export function secretOf(
  { id, secret }: RemoteRow,
  masterKey: MasterKey,
): { secretAccessKey: string; sessionToken?: string } {
  const key = sealKeyOf(masterKey.unwrap(secret.wrappedKey, ownerOf(id)));
  const sealed = Buffer.from(secret.sealed, 'base64');
  const opened = openBlock(digestOf(sealed), sealed, key).toString();
  const [secretAccessKey = '', sessionToken] = opened.split('\n');
  return { secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** None of its parts has a line feed. */
function sealedSecret(
  id: string,
  parts: readonly (string | undefined)[],
  masterKey: MasterKey,
): RemoteRow['secret'] {
  const key = randomBytes(keyBytes);
  const secret = Buffer.from(parts.filter((part) => part !== undefined).join('\n'));
  const sealed = sealBlock(secret, sealKeyOf(key)).toString('base64');
  return { wrappedKey: masterKey.wrap(key, ownerOf(id)), sealed };
}

function ownerOf(id: string): string {
  return `remote ${id}`;
}

function check(order: RemoteOrder): void {
  const { name, endpoint, farRegion } = order;
  if (!/^[A-Za-z0-9][\w.-]{0,62}$/.test(name)) {
    throw invalid('Name has letters, digits, hyphens, underscores and periods, 63 at most.');
  }
  if (endpoint !== undefined && !isEndpoint(endpoint)) {
    throw invalid('Endpoint is https://HOST[:PORT], or http:// with an address of this host.');
  }
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(farRegion)) throw invalid('Region is no name of a region.');
  checkKey(order);
  if (order.authority !== undefined) checkAuthority(order.authority);
  if (order.bytesPerSecond !== undefined && order.bytesPerSecond < 1024) {
    throw invalid('BytesPerSecond is 1024 at least.');
  }
  if (order.sends.length > tagsMax) throw invalid(`SendTags has ${tagsMax} tags at most.`);
}

function checkKey({ accessKeyId, secretAccessKey, sessionToken }: RemoteKey): void {
  if (!/^\w{4,128}$/.test(accessKeyId)) throw invalid('AccessKeyId is none.');
  if (!/^[\x21-\x7e]+$/.test(secretAccessKey) || secretAccessKey.length > secretMaxChars) {
    throw invalid('SecretAccessKey is none.');
  }
  if (sessionToken !== undefined && !isSessionToken(sessionToken)) {
    throw invalid('SessionToken is none.');
  }
}

function isSessionToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text) && text.length <= sessionTokenMaxChars;
}

/** Whoever listens on the way would see everything: but for this host it is https. */
function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  if (!url || url.username || url.password || url.search || url.hash) return false;
  if (url.pathname !== '/') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(url.hostname);
}

function checkAuthority(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch {
    throw invalid('CertificateAuthority is no certificate in PEM.');
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}

/** Those that send what has a tag, of all accounts. */
export async function sendingRemotes(reader: CatalogReader): Promise<RemoteRow[]> {
  const found: RemoteRow[] = [];
  for (const { id } of await reader.remotes.listKeys('sends', { prefix: '', limit: sendingMax })) {
    const row = await reader.remotes.get(id);
    if (row) found.push(row);
  }
  return found;
}
