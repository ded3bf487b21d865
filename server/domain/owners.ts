/** Whose rows a list is asked for: owners as Owners and OwnerIds name them. */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { RowFilter } from './filters.ts';
import type { Viewer } from './viewer.ts';

/** Account ids, `self`, or aliases such as `amazon`, which no account may have. */
async function ownerAccounts(
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

/**
 * The only accounts whose rows are asked for: by owners, and by the filters `owner-id` and
 * `owner-alias`; undefined where any may be meant.
 */
export async function askedOwners(
  reader: CatalogReader,
  viewer: Viewer,
  owners: readonly string[] | undefined,
  filter: Pick<RowFilter<never>, 'exact'>,
): Promise<Set<string> | undefined> {
  const aliases = filter.exact('owner-alias');
  const named = aliases && (await reader.accounts.list({ where: { alias: aliases } }));
  const sets = [
    await ownerAccounts(reader, viewer, owners),
    asSet(filter.exact('owner-id')),
    asSet(named?.map(({ id }) => id)),
  ].filter((set) => set !== undefined);
  return sets.length > 0 ? sets.reduce((all, set) => all.intersection(set)) : undefined;
}

function asSet(values: readonly string[] | undefined): Set<string> | undefined {
  return values && new Set(values);
}
