/**
 * What the bytes of a file look like, so that an error or a note can say it. Nothing is read by it:
 * a file is what it was declared to be, or it is refused.
 */
import type { RandomAccess } from './random-access.ts';

const signatures: [name: string, at: number, bytes: string][] = [
  ['a qcow2 file', 0, 'QFI\xfb'],
  ['a VMDK file', 0, 'KDMV'],
  ['a VMDK file of ESX', 0, 'COWD'],
  ['a VMDK descriptor', 0, '# Disk DescriptorFile'],
  ['a dynamic VHD file', 0, 'conectix'],
  ['a VHDX file', 0, 'vhdxfile'],
  ['a VDI file', 64, '\x7f\x10\xda\xbe'],
  ['a QED file', 0, 'QED\0'],
  ['a gzipped file', 0, '\x1f\x8b\x08'],
  ['an xz file', 0, '\xfd7zXZ\0'],
  ['a file of Zstandard', 0, '\x28\xb5\x2f\xfd'],
  ['a bzip2 file', 0, 'BZh'],
  ['a zip file', 0, 'PK\x03\x04'],
  ['a tar archive, such as an OVA', 257, 'ustar'],
];

const lookedAtBytes = 512;
const footerBytes = 512;

/** Such as `a qcow2 file`. */
export async function beginningOf(source: RandomAccess): Promise<string | undefined> {
  const bytes = await source.read(0, Math.min(lookedAtBytes, source.sizeBytes));
  const found = signatures.find(([, at, text]) => {
    const expected = Buffer.from(text, 'latin1');
    return bytes.subarray(at, at + expected.length).equals(expected);
  });
  return found?.[0];
}

/** A fixed VHD begins as its disk does, and shows only at its end. */
export async function endsAsVhd(source: RandomAccess): Promise<boolean> {
  if (source.sizeBytes < footerBytes) return false;
  const footer = await source.read(source.sizeBytes - footerBytes, footerBytes);
  return footer.toString('latin1', 0, 8) === 'conectix';
}

/** `it does not begin as one`, and what it begins as instead. */
export async function notOne(source: RandomAccess): Promise<string> {
  const name = await beginningOf(source);
  if (name) return `it begins as ${name}; give its own format`;
  return (await endsAsVhd(source))
    ? 'it ends as a VHD file; give its own format'
    : 'it does not begin as one';
}
