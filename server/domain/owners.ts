/** Whose rows a list is asked for: owners as Owners and OwnerIds name them. */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { Viewer } from './viewer.ts';

/** Account ids, `self`, or aliases such as `amazon`, which no account may have. */
export async function ownerAccounts(
  reader: CatalogReader,
  { account }: Viewer,
  owners: readonly string[] | undefined,
): Promise<Set<string> | undefined> {
  if (!owners?.length) return undefined;
  const accounts = new Set<string>();
  for (const owner of owners) {
    if (owner === 'self') accounts.add(account);
    else if (/^\d{12}$/.test(owner)) accounts.add(owner);
    else if (/^(amazon|aws-[a-z-]+)$/.test(owner)) {
      const named = await reader.accounts.list({ where: { alias: owner } });
      for (const { id } of named) accounts.add(id);
    } else throw new ServiceError('InvalidUserID.Malformed', `Invalid user id: "${owner}"`);
  }
  return accounts;
}
