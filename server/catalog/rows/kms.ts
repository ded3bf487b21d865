/** Keys of the key management service (kms), their aliases and grants; and what wraps the keys. */
import { type OwnedRow, type Row, type Tags, viewerKey } from './row.ts';

/** A symmetric key. Its id is a UUID. */
export interface KmsKeyRow extends OwnedRow {
  description: string;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  /** While it is pending: when it ends, with all that was encrypted under it. */
  deletionAt?: string;
  deletionWindowDays?: number;
  /** `AWS`: made by the service for the account, which cannot change it. */
  manager: 'CUSTOMER' | 'AWS';
  /** 32 bytes, wrapped by the master key: base64 (domain/master-key.ts). */
  material: string;
  tags: Tags;
}

/** Its id is `aliasRowId`. */
export interface KmsAliasRow extends OwnedRow {
  /** `alias/…`. */
  name: string;
  keyId: string;
  updatedAt: string;
}

/** Lets another account use a key. Account and region are the key's. */
export interface KmsGrantRow extends OwnedRow {
  keyId: string;
  /** An account. */
  grantee: string;
  /** The account that may retire it. */
  retiring?: string;
  issuer: string;
  operations: string[];
  name?: string;
}

/** The account that is named for that, in the region of the key. */
export function retirableBy({ region, retiring }: KmsGrantRow): string[] {
  return retiring === undefined ? [] : [viewerKey(region, retiring)];
}

/** What the keys of this catalog are wrapped with, without telling it: one row. */
export interface MasterKeyRow extends Row {
  createdAt: string;
  /** Of the master key, and of nothing that it wraps. */
  check: string;
  /** The master key is made of a passphrase and this, base64. */
  salt?: string;
}

export function aliasRowId(
  { account, region }: Pick<OwnedRow, 'account' | 'region'>,
  name: string,
) {
  return `${account}/${region}/${name}`;
}
