/** Key pairs: the public half. */
import type { OwnedRow, Tags } from './row.ts';

export interface KeyPairRow extends OwnedRow {
  name: string;
  keyType: 'rsa' | 'ed25519';
  fingerprint: string;
  publicKey: string;
  tags: Tags;
}
