/**
 * Who looks: the account and the region of a request. What either does not see is answered as if it
 * did not exist.
 */
import { viewerKey } from '../catalog/rows/row.ts';

export interface Viewer {
  account: string;
  region: string;
}

/** The keys of rows (catalog/rows/row.ts) that it may see: what is shown to itself, and to all. */
export function visibleTo({ account, region }: Viewer): string[] {
  return [viewerKey(region, account), viewerKey(region, 'all')];
}

export function isOwn({ account, region }: Viewer, row: Viewer): boolean {
  return row.account === account && row.region === region;
}
