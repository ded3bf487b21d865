/**
 * What is where in a tar archive, by its headers alone: ustar, PAX and GNU's long names and sizes.
 * Read by our own reader since a disk needs any place of its member, not the archive as a stream.
 * Nothing is unpacked; links, devices and folders are passed over, and names lead nowhere but into
 * the archive.
 */
import { type Refuse, readNamed } from './disk-format-error.ts';
import type { RandomAccess } from './random-access.ts';

export interface TarMember {
  name: string;
  offset: number;
  sizeBytes: number;
}

const blockBytes = 512;
/** An OVA has a descriptor, a manifest, a certificate and disks. */
const membersMax = 1000;
const namesMaxBytes = 64 * 1024;

const types = {
  file: ['0', '\0', '7'],
  pax: 'x',
  paxForAll: 'g',
  longName: 'L',
  longLink: 'K',
  sparse: 'S',
};

/** In the archive's order. */
export async function indexTar(source: RandomAccess, refuse: Refuse): Promise<TarMember[]> {
  const members: TarMember[] = [];
  let named: { name?: string; sizeBytes?: number } = {};
  let headers = 0;
  for (let at = 0; at + blockBytes <= source.sizeBytes; ) {
    const header = await source.read(at, blockBytes);
    if (header.every((byte) => byte === 0)) return members;
    if (!isSummed(header)) throw refuse(`what is at ${at} is no header of a tar archive`);
    if (++headers > membersMax) throw refuse(`it has more than ${membersMax} members`);
    const type = header.toString('latin1', 156, 157);
    const offset = at + blockBytes;
    const ownBytes = numberIn(header.subarray(124, 136), refuse);
    const isMember = ![types.pax, types.paxForAll, types.longName, types.longLink].includes(type);
    const sizeBytes = isMember ? (named.sizeBytes ?? ownBytes) : ownBytes;
    if (offset + sizeBytes > source.sizeBytes) throw refuse('it was cut off');
    if (type === types.pax || type === types.longName) {
      const text = await textOf(source, { offset, length: sizeBytes }, refuse);
      named = { ...named, ...(type === types.pax ? paxOf(text, refuse) : { name: upToNul(text) }) };
    } else if (type === types.sparse) {
      throw refuse('it has a sparse member, which is not read');
    } else if (isMember) {
      if (types.file.includes(type)) {
        members.push({
          name: (named.name ?? nameIn(header)).replace(/^(\.\/)+/, ''),
          offset,
          sizeBytes,
        });
      }
      named = {};
    }
    at = offset + Math.ceil(sizeBytes / blockBytes) * blockBytes;
  }
  return members;
}

/** The sum of all bytes, its own taken for spaces. */
function isSummed(header: Buffer): boolean {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum === Number.parseInt(upToNul(header.toString('latin1', 148, 156)).trim(), 8);
}

/** Octal, or, of what is too large for that, GNU's binary. */
function numberIn(field: Buffer, refuse: Refuse): number {
  if ((field[0] ?? 0) & 0x80) {
    const value = field.subarray(4).readBigUInt64BE(0);
    const isPlain = field[0] === 0x80 && field.subarray(1, 4).every((byte) => byte === 0);
    if (!isPlain || value > Number.MAX_SAFE_INTEGER) throw refuse('a member has no size');
    return Number(value);
  }
  const text = upToNul(field.toString('latin1')).trim();
  if (!/^[0-7]*$/.test(text)) throw refuse('a member has no size');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function nameIn(header: Buffer): string {
  const name = upToNul(header.toString('utf8', 0, 100));
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? upToNul(header.toString('utf8', 345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

async function textOf(
  source: RandomAccess,
  place: { offset: number; length: number },
  refuse: Refuse,
): Promise<string> {
  if (place.length > namesMaxBytes) throw refuse('the name of a member is too long');
  return (await readNamed(source, place, 'member', refuse)).toString('utf8');
}

/** Records of `length key=value` and a newline; their lengths count bytes. */
function paxOf(text: string, refuse: Refuse): { name?: string; sizeBytes?: number } {
  const bytes = Buffer.from(text);
  const found: { name?: string; sizeBytes?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const digits = /^\d{1,6} /.exec(bytes.toString('latin1', at, at + 8))?.[0];
    const length = Number(digits);
    if (!digits || length <= digits.length || at + length > bytes.length) {
      throw refuse('the PAX header of a member is broken');
    }
    const record = bytes.toString('utf8', at + digits.length, at + length - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key.startsWith('GNU.sparse.')) throw refuse('it has a sparse member, which is not read');
    if (key === 'path') found.name = value;
    if (key === 'size') {
      if (!/^\d{1,15}$/.test(value)) throw refuse('a member has no size');
      found.sizeBytes = Number(value);
    }
    at += length;
  }
  return found;
}

function upToNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
