/**
 * The keys by which accounts sign manifests: one at a time each, made when it is first needed.
 * Its seed is wrapped by the master key; without that nothing is signed, and nothing else fails.
 */
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { SigningKeyRow } from '../../catalog/rows/provenance.ts';
import { told } from '../kms-keys.ts';
import type { MasterKey } from '../master-key.ts';
import { type MinisignKey, type MinisignSecret, newSecret } from './minisign.ts';

/** What signing needs besides the catalog. */
export interface Signing {
  masterKey: MasterKey;
  now: Date;
}

/** Newest first. */
export async function signingKeysOf(
  { signingKeys }: CatalogReader,
  account: string,
): Promise<SigningKeyRow[]> {
  const rows = await signingKeys.list({ where: { account } });
  return rows.sort((a, b) => Number(isRetired(a)) - Number(isRetired(b)) || later(a, b));
}

/** The account's, made if it has none. */
export async function signingSecret(
  transaction: CatalogTransaction,
  account: string,
  { masterKey, now }: Signing,
): Promise<MinisignSecret> {
  const row = (await signingKeysOf(transaction, account)).find((each) => !isRetired(each));
  if (row) {
    const seed = told(() => masterKey.unwrap(row.wrappedSeed, ownerOf(row.id)));
    return { ...keyOf(row), seed };
  }
  const secret = newSecret();
  const wrappedSeed = told(() => masterKey.wrap(secret.seed, ownerOf(secret.id)));
  await transaction.signingKeys.insert({
    id: secret.id,
    account,
    createdAt: now.toISOString(),
    publicKey: secret.publicKey.toString('base64'),
    wrappedSeed,
  });
  return secret;
}

/** The next signature is made by a new key; signatures of the old one stay good. */
export async function rotateSigningKey(
  transaction: CatalogTransaction,
  account: string,
  signing: Signing,
): Promise<void> {
  for (const row of await signingKeysOf(transaction, account)) {
    if (isRetired(row)) continue;
    await transaction.signingKeys.update({ ...row, retiredAt: signing.now.toISOString() });
  }
  await signingSecret(transaction, account, signing);
}

export function keyOf({ id, publicKey }: SigningKeyRow): MinisignKey {
  return { id, publicKey: Buffer.from(publicKey, 'base64') };
}

function isRetired({ retiredAt }: SigningKeyRow): boolean {
  return retiredAt !== undefined;
}

function later(a: SigningKeyRow, b: SigningKeyRow): number {
  return b.createdAt.localeCompare(a.createdAt);
}

/** Whom the master key wraps it for. */
function ownerOf(id: string): string {
  return `signing key ${id}`;
}
