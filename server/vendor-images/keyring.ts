/**
 * A keyring as gpgv reads it: keys in their binary form. Files of distributions are often in
 * armour, which is taken off here.
 */
import { VendorImageRefused } from './refused.ts';

const block =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g;

export function binaryKeyring(bytes: Buffer): Buffer {
  if (!bytes.includes('-----BEGIN PGP')) return bytes;
  const blocks = [...bytes.toString('latin1').matchAll(block)].map(([, inner = '']) => {
    const lines = inner.split(/\r?\n/);
    // Headers end with an empty line; the last line is a checksum that guards against nothing here.
    const body = lines.slice(lines.indexOf('') + 1).filter((line) => !line.startsWith('='));
    return Buffer.from(body.join(''), 'base64');
  });
  if (blocks.length > 0) return Buffer.concat(blocks);
  throw new VendorImageRefused('The keyring has no public key: export it with gpg --export.');
}
