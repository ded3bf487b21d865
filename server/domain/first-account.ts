/**
 * What every start makes sure of: the accounts of the provider and of the first operator, a key for
 * clients on this host, and default networks.
 */
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { CredentialRow } from '../catalog/rows/account.ts';
import { newCredential } from './access-keys.ts';
import { freeAccount, isCustomer, providerAccount } from './accounts.ts';
import type { Clock, Ids } from './identity.ts';
import { ensureDefaultNetworks } from './networks.ts';
import type { Site } from './site.ts';

const accountsAtATime = 500;

/**
 * The credential for clients on this host, made (with the accounts themselves) at the first start;
 * and what later starts may find missing: default networks in regions that the operator has added.
 * `kept` is the key that those clients have already: it stays the one as long as it is an
 * operator's and good.
 */
export async function ensureFirstAccount(
  catalog: Catalog,
  { site, clock, ids }: { site: Site; clock: Clock; ids: Ids },
  kept?: string,
): Promise<CredentialRow> {
  const credential = await catalog.write(async (transaction) => {
    const { accounts, credentials } = transaction;
    const createdAt = clock.now().toISOString();
    if (!(await accounts.get(providerAccount.id))) {
      await accounts.insert({ ...providerAccount, createdAt });
    }
    if ((await credentials.list({ limit: 1 })).length === 0) {
      const row = await freeAccount(transaction, { name: 'default', operator: true }, clock);
      await accounts.insert(row);
      await credentials.insert(newCredential(row.id, createdAt));
    }
    await ensureOperator(transaction);
    return operatorCredential(transaction, kept);
  });
  const customers = await catalog.read(async ({ accounts }) => {
    const found: string[] = [];
    for await (const row of accounts.scan()) if (isCustomer(row)) found.push(row.id);
    return found;
  });
  for (let first = 0; first < customers.length; first += accountsAtATime) {
    const some = customers.slice(first, first + accountsAtATime);
    await ensureDefaultNetworks(catalog, some, { clock, ids, site });
  }
  return credential;
}

/** A home of before there were operators has one account, which is theirs. */
async function ensureOperator({ accounts, credentials }: CatalogTransaction): Promise<void> {
  if ((await accounts.list({ where: { operator: 'true' }, limit: 1 })).length > 0) return;
  const [oldest] = (await credentials.list()).sort(byCreation);
  const row = oldest && (await accounts.get(oldest.account));
  if (row) await accounts.update({ ...row, operator: true });
}

/** There always is one: whoever takes keys and rights away has an operator's, and keeps it. */
async function operatorCredential(
  { accounts, credentials }: CatalogReader,
  kept: string | undefined,
): Promise<CredentialRow> {
  const operators = (await accounts.list({ where: { operator: 'true' } }))
    .filter(({ disabled }) => !disabled)
    .sort(byCreation);
  const keys = await credentials.list({ where: { account: operators.map(({ id }) => id) } });
  const active = keys.filter(({ disabled }) => !disabled).sort(byCreation);
  const first = operators
    .map(({ id }) => active.find(({ account }) => account === id))
    .find((row) => row !== undefined);
  const credential = active.find(({ id }) => id === kept) ?? first;
  if (!credential) throw new Error('no account of an operator has a key that is active');
  return credential;
}

function byCreation(a: { createdAt: string }, b: { createdAt: string }): number {
  return a.createdAt.localeCompare(b.createdAt);
}
