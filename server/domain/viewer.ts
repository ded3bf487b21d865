/**
 * Who looks: the account and the region of a request, and what the account belongs to. What they do
 * not see is answered as if it did not exist.
 */
import { viewerKey } from '../catalog/rows/row.ts';

export interface Owner {
  account: string;
  region: string;
}

export interface Viewer extends Owner {
  /** The account's organization and the units it is in, as `groupsOf` (accounts.ts) has them. */
  groups: readonly string[];
}

/**
 * The keys of rows (catalog/rows/row.ts) that it may see: what is shown to itself, to what it
 * belongs to, and to all.
 */
export function visibleTo({ account, region, groups }: Viewer): string[] {
  return [account, 'all', ...groups].map((viewer) => viewerKey(region, viewer));
}

export function isOwn({ account, region }: Owner, row: Owner): boolean {
  return row.account === account && row.region === region;
}
