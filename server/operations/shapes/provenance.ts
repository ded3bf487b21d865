/** Manifests, signatures and keys as Imago's own service shows them. */
import type {
  ManifestResult,
  ManifestSignature,
  SigningKey,
} from '../../../api/imago-provenance.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ImageManifestRow, SigningKeyRow } from '../../catalog/rows/provenance.ts';
import { publicKeyText } from '../../domain/provenance/minisign.ts';
import { keyOf } from '../../domain/provenance/signing-keys.ts';
import type { GoodSignature } from '../../domain/provenance/verify-image.ts';

export async function manifestShape(
  { signingKeys }: CatalogReader,
  row: ImageManifestRow,
): Promise<ManifestResult> {
  const Signatures: ManifestSignature[] = [];
  for (const signature of row.signatures) {
    const key = await signingKeys.get(signature.keyId);
    const publicKey = key ? publicKeyText(keyOf(key)) : '';
    Signatures.push(signatureShape({ signature, publicKey }));
  }
  const { id: ImageId, text: Manifest, digest: Sha256, recipe: Recipe, lock: Lock } = row;
  return { ImageId, Manifest, Sha256, Signatures, Recipe, Lock };
}

export function signatureShape({ signature, publicKey }: GoodSignature): ManifestSignature {
  return {
    AccountId: signature.account,
    KeyId: signature.keyId,
    PublicKey: publicKey,
    Signature: signature.file,
    SignDate: new Date(signature.signedAt),
  };
}

export function signingKeyShape(row: SigningKeyRow): SigningKey {
  return {
    KeyId: row.id,
    PublicKey: publicKeyText(keyOf(row)),
    CreateDate: new Date(row.createdAt),
    ...(row.retiredAt !== undefined && { RetireDate: new Date(row.retiredAt) }),
  };
}

/** Images of before there were manifests have none until they are signed. */
export function noManifest(imageId: string): ServiceError {
  return new ServiceError(
    'InvalidManifest',
    `The image '${imageId}' has no manifest: it is older than manifests are, or not available yet. Its owner's SignImage makes one.`,
  );
}
