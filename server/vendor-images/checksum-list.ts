/**
 * Lists of checksums, as vendors have them: `hash  file` and `hash *file` of coreutils, `SHA256
 * (file) = hash` of BSD, and the hash alone where the list is of one file. Pure.
 */
import { VendorImageRefused } from './refused.ts';

export interface Checksum {
  algorithm: 'sha256' | 'sha512';
  /** Small letters. */
  hex: string;
}

const coreutils = /^([0-9a-f]{64}|[0-9a-f]{128}) [ *](.+)$/i;
const bsd = /^SHA(256|512) \((.+)\) = ([0-9a-f]+)$/i;
const alone = /^([0-9a-f]{64}|[0-9a-f]{128})$/i;

/** The longest that the list has of the file. */
export function checksumOf(list: string, { file, name }: { file: string; name: string }): Checksum {
  const found = new Set<string>();
  const lines = list.split('\n').map((line) => line.trimEnd());
  for (const line of lines) {
    const [, hex, named] = coreutils.exec(line) ?? [];
    if (hex !== undefined && named === file) found.add(hex.toLowerCase());
    const [, bits, bsdNamed, bsdHex = ''] = bsd.exec(line) ?? [];
    if (bsdNamed === file && bsdHex.length === Number(bits) / 4) found.add(bsdHex.toLowerCase());
  }
  const only = lines.filter((line) => line !== '');
  if (name.startsWith(file) && only.length === 1 && alone.test(only[0] ?? '')) {
    found.add((only[0] ?? '').toLowerCase());
  }
  const ofLength = (length: number) => [...found].filter((hex) => hex.length === length);
  const longest = ofLength(128).length > 0 ? ofLength(128) : ofLength(64);
  const [hex] = longest;
  if (hex === undefined) {
    throw new VendorImageRefused(
      `${name} has no SHA-256 or SHA-512 of ${file}: what the vendor has is laid out differently by now. A newer Imago may know it.`,
    );
  }
  if (longest.length > 1) {
    throw new VendorImageRefused(`${name} has two checksums of ${file}; try another mirror.`);
  }
  return { algorithm: hex.length === 128 ? 'sha512' : 'sha256', hex };
}
