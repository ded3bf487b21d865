/** Accounts and their access keys. */

export interface AccountRow {
  /** Twelve digits. */
  id: string;
  name: string;
  /** ImageOwnerAlias that images of this account carry, such as `amazon`. */
  alias?: string;
  createdAt: string;
}

export interface CredentialRow {
  /** Access key id. */
  id: string;
  account: string;
  /** Plain: SigV4 needs it. The catalog file is 0600. */
  secretAccessKey: string;
  createdAt: string;
}
