/** What an image is said to be by those who sign it. */
import type { OwnedRow, Row } from './row.ts';

/** A key of an account for signing manifests; `id` is minisign's number of the key, in hex. */
export interface SigningKeyRow extends Row {
  account: string;
  createdAt: string;
  /** The 32 bytes of Ed25519's public key, in base64. */
  publicKey: string;
  /** Its seed, wrapped by the master key. */
  wrappedSeed: string;
  /** There is a newer one: nothing is signed by it any more, what it has signed is. */
  retiredAt?: string;
}

/** The manifest of an image, whose id and owner it has. */
export interface ImageManifestRow extends OwnedRow {
  /** JSON in the one form of RFC 8785: the very bytes that are signed. */
  text: string;
  /** What it was made of, where it was made by a recipe: as its author wrote it. */
  recipe?: string;
  /** The packages that it was made of, with their digests: JSON. */
  lock?: string;
  /** SHA-256 of the text, in hex. */
  digest: string;
  /** Of an account at most one. */
  signatures: ManifestSignature[];
}

export interface ManifestSignature {
  account: string;
  /** Of a row of signing keys. */
  keyId: string;
  /** A file of minisign's, whole. */
  file: string;
  signedAt: string;
}
