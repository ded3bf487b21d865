/**
 * Who looks: the account and the region of a request, and what the account belongs to. What they do
 * not see is answered as if it did not exist.
 */
import { operatorsKey } from '../catalog/change-feed.ts';
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

/** The keys of rows of whose changes it is told (catalog/change-feed.ts): its own of no region too. */
export function toldOf(viewer: Viewer & { operator: boolean }): string[] {
  const { account, region, operator } = viewer;
  const keys = [...visibleTo(viewer), viewerKey('', account)];
  return operator ? [...keys, ...[region, ''].map((each) => viewerKey(each, operatorsKey))] : keys;
}

export function isOwn({ account, region }: Owner, row: Owner): boolean {
  return row.account === account && row.region === region;
}
