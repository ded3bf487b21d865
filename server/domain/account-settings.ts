/**
 * What an account has set for itself in a region, such as whether its images may become public: a
 * row each, made when the first of it is set. What was never set is absent; what that means says
 * whoever reads it.
 */
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { AccountSettings } from '../catalog/rows/account.ts';
import type { Owner } from './viewer.ts';

export async function settingsOf(
  { accountSettings }: CatalogReader,
  owner: Owner,
): Promise<AccountSettings> {
  return (await accountSettings.get(settingsId(owner))) ?? {};
}

/** Sets what `change` names and nothing else; undefined makes it as if it had never been set. */
export async function changeSettings(
  { accountSettings }: CatalogTransaction,
  owner: Owner,
  change: AccountSettings,
): Promise<void> {
  const id = settingsId(owner);
  const row = await accountSettings.get(id);
  const { account, region } = owner;
  if (row) await accountSettings.update({ ...row, ...change });
  else await accountSettings.insert({ id, account, region, ...change });
}

function settingsId({ account, region }: Owner): string {
  return `${account}/${region}`;
}
