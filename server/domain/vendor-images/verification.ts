/** What it takes to verify a vendor's image, and what to do where it is not there. */
import type { VendorImage } from './vendor-image.ts';

/** As ListVendorImages tells it. */
export type Verification = 'ready' | 'missing' | 'keyring' | 'unsigned';

export function verificationOf({ signature }: VendorImage, keyringIsThere: boolean): Verification {
  if (!signature) return 'unsigned';
  if (!signature.keyring) return 'keyring';
  return keyringIsThere ? 'ready' : 'missing';
}

/** Sentences for an operator. */
export function adviceOf(image: VendorImage, verification: Verification): string | undefined {
  const { signature, instead = '' } = image;
  const [fingerprint] = signature?.fingerprints ?? [];
  const key = fingerprint ? `its vendor's key (${fingerprint})` : "its vendor's key";
  switch (verification) {
    case 'ready':
      return undefined;
    case 'missing':
      return `Install ${key}: apt-get install ${signature?.keyring?.package} (Debian 13 and later have it), or give it: --keyring FILE`;
    case 'keyring':
      return `No package has ${key}. Get it from the vendor, and give it: --keyring FILE`;
    case 'unsigned':
      return `Its vendor signs neither the image nor its checksums. ${instead}`.trim();
  }
}
