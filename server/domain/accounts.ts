/**
 * Accounts and their credentials. The first start makes the operator's account with one access key;
 * the provider's account, which owns the images built here, has none: nobody signs in as it.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Catalog, CatalogTransaction } from '../catalog/catalog.ts';
import type { AccountRow, CredentialRow } from '../catalog/rows/account.ts';
import type { Clock, Ids } from './identity.ts';
import { ensureDefaultNetworks } from './networks.ts';
import type { Site } from './site.ts';

/**
 * Debian's account on EC2 and its alias, so that existing templates find these images under the
 * owner they name.
 */
export const providerAccount = { id: '136693071363', name: 'provider', alias: 'amazon' };

/** Twelve digits; no leading zero, which spreadsheets and shells lose. */
const accountIdMin = 100_000_000_000;
const accountIdMax = 999_999_999_999;

/**
 * The first account's credential, made (with the accounts themselves) at the first start; and what
 * later starts may find missing: default networks in regions that the operator has added.
 */
export async function ensureFirstAccount(
  catalog: Catalog,
  { site, clock, ids }: { site: Site; clock: Clock; ids: Ids },
): Promise<CredentialRow> {
  const { credential, accounts } = await catalog.write(async (transaction) => {
    const createdAt = clock.now().toISOString();
    if (!(await transaction.accounts.get(providerAccount.id))) {
      await transaction.accounts.insert({ ...providerAccount, createdAt });
    }
    let [oldest] = (await transaction.credentials.list()).sort((a, b) =>
      a.createdAt < b.createdAt ? -1 : 1,
    );
    if (!oldest) {
      const id = String(randomInt(accountIdMin, accountIdMax));
      await transaction.accounts.insert({ id, name: 'default', operator: true, createdAt });
      oldest = newCredential(id, createdAt);
      await transaction.credentials.insert(oldest);
    }
    await ensureOperator(transaction, oldest.account);
    const rows = await transaction.accounts.list();
    return { credential: oldest, accounts: rows.map((row) => row.id) };
  });
  const customers = accounts.filter((id) => id !== providerAccount.id);
  await ensureDefaultNetworks(catalog, customers, site.regions, { clock, ids });
  return credential;
}

/** A home of before there were operators has one account, which is theirs. */
async function ensureOperator({ accounts }: CatalogTransaction, id: string): Promise<void> {
  const rows = await accounts.list();
  if (rows.some(({ operator }) => operator)) return;
  const row = rows.find((each) => each.id === id);
  if (row) await accounts.update({ ...row, operator: true });
}

export interface KnownCredential extends CredentialRow {
  operator: boolean;
  groups: readonly string[];
  /** Its account is disabled. */
  blocked: boolean;
}

/** For the check of signatures; a disabled key is as good as none. */
export function findCredential(
  catalog: Catalog,
  accessKeyId: string,
): Promise<KnownCredential | undefined> {
  return catalog.read(async ({ accounts, credentials }) => {
    const row = await credentials.get(accessKeyId);
    const account = row && !row.disabled ? await accounts.get(row.account) : undefined;
    if (!row || !account) return undefined;
    return {
      ...row,
      operator: account.operator ?? false,
      groups: groupsOf(account),
      blocked: account.disabled ?? false,
    };
  });
}

/**
 * What the account belongs to, and may be shared with by: its organization `o-…`, and each unit on
 * its path as `o-…/ou-…`.
 */
export function groupsOf({ organizationPath }: Pick<AccountRow, 'organizationPath'>): string[] {
  if (organizationPath === undefined) return [];
  const [organization = '', _root, ...units] = organizationPath.split('/');
  return [organization, ...units.map((unit) => `${organization}/${unit}`)];
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const idRandomChars = 16;
/** 240 bits: 40 characters of base64. */
const secretBytes = 30;

function newCredential(account: string, createdAt: string): CredentialRow {
  const random = Array.from({ length: idRandomChars }, () => base32[randomInt(base32.length)]);
  return {
    id: `AKIA${random.join('')}`,
    account,
    secretAccessKey: randomBytes(secretBytes).toString('base64'),
    createdAt,
  };
}
