/**
 * Headers of a tar archive, as POSIX has them (ustar, and pax records for what that has no room
 * for), with what GNU tar made usual besides: extended attributes as `SCHILY.xattr.…`, and sparse
 * files in its format 1.0. Names and values are bytes. It knows nothing of file systems.
 */

export const tarBlockBytes = 512;
/** After the last entry; without it an archive is not whole. */
export const tarEnd = Buffer.alloc(2 * tarBlockBytes);

const types = {
  file: '0',
  hardLink: '1',
  link: '2',
  'character-device': '3',
  'block-device': '4',
  folder: '5',
  fifo: '6',
  pax: 'x',
} as const;

export interface TarEntry {
  type: keyof typeof types;
  /** Relative, and without a slash at its end. */
  name: Buffer;
  mode: number;
  uid: number;
  gid: number;
  /** In whole seconds, and nanoseconds of the last one. */
  modified: { seconds: number; nanoseconds: number };
  /** Of what follows the header. */
  sizeBytes: number;
  /** Of links. */
  target?: Buffer;
  device?: { major: number; minor: number };
  /** By their names, as latin1. */
  attributes?: ReadonlyMap<string, Buffer>;
  /** It is sparse, and so long with its holes: what follows begins with the map of its data. */
  sparseBytes?: number;
}

/** What is written before the bytes of an entry. */
export function tarHeaders(entry: TarEntry): Buffer {
  const name = entry.type === 'folder' ? Buffer.concat([entry.name, slash]) : entry.name;
  const records = recordsOf(entry, name);
  const header = ustar({ ...entry, name: entry.sparseBytes === undefined ? name : sparseName });
  if (records.length === 0) return header;
  const body = Buffer.concat(records);
  const { uid, gid, modified } = entry;
  const pax = ustar({
    ...{ type: 'pax', name: paxName, mode: 0o644, sizeBytes: body.length },
    ...{ uid, gid, modified },
  });
  return Buffer.concat([pax, body, tarPadding(body.length), header]);
}

/** Up to the next block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((tarBlockBytes - (bytes % tarBlockBytes)) % tarBlockBytes);
}

/** In front of the data of a sparse file: where each piece of it belongs. */
export function sparseMap(pieces: readonly { offset: number; length: number }[]): Buffer {
  const numbers = [pieces.length, ...pieces.flatMap(({ offset, length }) => [offset, length])];
  const text = Buffer.from(numbers.map((number) => `${number}\n`).join(''));
  return Buffer.concat([text, tarPadding(text.length)]);
}

const slash = Buffer.from('/');
const paxName = Buffer.from('PaxHeaders/entry');
/** What those see that do not know sparse files: the name is in a record. */
const sparseName = Buffer.from('GNUSparseFile.0/entry');
const nameMaxBytes = 100;
/** Seven digits in octal. */
const idMax = 0o7777777;
/** Eleven of them. */
const longMax = 8 ** 11 - 1;

function recordsOf(entry: TarEntry, name: Buffer): Buffer[] {
  const { uid, gid, modified, sizeBytes, target, attributes, sparseBytes } = entry;
  const { seconds, nanoseconds } = modified;
  const records: Buffer[] = [];
  if (sparseBytes !== undefined) {
    records.push(
      record('GNU.sparse.major', '1'),
      record('GNU.sparse.minor', '0'),
      record('GNU.sparse.name', name),
      record('GNU.sparse.realsize', String(sparseBytes)),
    );
  } else if (name.length > nameMaxBytes) records.push(record('path', name));
  if (target && target.length > nameMaxBytes) records.push(record('linkpath', target));
  if (uid > idMax) records.push(record('uid', String(uid)));
  if (gid > idMax) records.push(record('gid', String(gid)));
  if (sizeBytes > longMax) records.push(record('size', String(sizeBytes)));
  if (nanoseconds !== 0 || seconds < 0 || seconds > longMax) {
    records.push(record('mtime', timeText(modified)));
  }
  for (const [key, value] of attributes ?? []) {
    // Of a key an equals sign would be the end.
    const escaped = key.replace(/[%=]/g, (sign) => (sign === '%' ? '%25' : '%3D'));
    records.push(record(`SCHILY.xattr.${escaped}`, value));
  }
  return records;
}

/** Before 1970 nanoseconds go on towards it, in the number they are counted from zero. */
function timeText({ seconds, nanoseconds }: TarEntry['modified']): string {
  if (seconds >= 0 || nanoseconds === 0) return `${seconds}${fraction(nanoseconds)}`;
  return `-${-seconds - 1}${fraction(1e9 - nanoseconds)}`;
}

function fraction(nanoseconds: number): string {
  return nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0')}`;
}

/** Its own length, the digits of that among it, stands in front. */
function record(key: string, value: string | Buffer): Buffer {
  const head = Buffer.from(` ${key}=`, 'latin1');
  const rest = Buffer.concat([head, Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

type UstarFields = Omit<TarEntry, 'attributes' | 'sparseBytes'>;

function ustar({ type, name, mode, uid, gid, sizeBytes, ...more }: UstarFields): Buffer {
  const { modified, target, device } = more;
  const header = Buffer.alloc(tarBlockBytes);
  name.copy(header, 0, 0, nameMaxBytes);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  const within = (value: number, most: number) => (value >= 0 && value <= most ? value : 0);
  octal(mode & 0o7777, 100, 7);
  octal(within(uid, idMax), 108, 7);
  octal(within(gid, idMax), 116, 7);
  octal(within(sizeBytes, longMax), 124, 11);
  octal(within(modified.seconds, longMax), 136, 11);
  header.write(types[type], 156, 'latin1');
  target?.copy(header, 157, 0, nameMaxBytes);
  header.write('ustar\x0000', 257, 'latin1');
  octal(within(device?.major ?? 0, idMax), 329, 7);
  octal(within(device?.minor ?? 0, idMax), 337, 7);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  octal(sum, 148, 6);
  header[154] = 0;
  return header;
}
