/** Who looks: the account and the region of a request. What either does not see is answered as if it did not exist. */
export interface Viewer {
  account: string;
  region: string;
}

export function isOwn({ account, region }: Viewer, row: Viewer): boolean {
  return row.account === account && row.region === region;
}
