/**
 * UEFI variables in the form that EC2 gives and takes them, `UefiData` (documented by the tool
 * python-uefivars): `AMZNUEFI`, a CRC32C of what follows, version 0, and a zlib stream with the
 * variables, all numbers little-endian. EC2's streams are primed with a dictionary of typical
 * variables, which Imago does not have: it writes streams without, which such tools read, and reads
 * no others.
 */
import { deflateSync, inflateSync } from 'node:zlib';

export interface UefiVariable {
  name: string;
  /** As it is stored, 16 bytes. */
  guid: Buffer;
  attributes: number;
  data: Buffer;
  /** EFI_TIME, 16 bytes, of variables with time-based authentication. */
  timestamp?: Buffer;
}

export class UefiDataError extends Error {
  override name = 'UefiDataError';
}

/** EFI_GLOBAL_VARIABLE's. */
const globalGuid = Buffer.from('61dfe48bca93d211aa0d00e098032b8c', 'hex');

const magic = 'AMZNUEFI';
const headerBytes = 16;
/** Attribute of variables that carry a time stamp and the digest of a certificate. */
const timeBasedAuthentication = 0x20;
const emptyDigest = Buffer.alloc(32);
/** More than a variable store has room for. */
const variablesMaxBytes = 512 * 1024;

export function encodeUefiData(variables: readonly UefiVariable[]): Buffer {
  const parts = [u64(variables.length)];
  for (const { name, guid, attributes, data, timestamp } of variables) {
    parts.push(sized(Buffer.from(name)), sized(data), guid, u32(attributes));
    if (!(attributes & timeBasedAuthentication)) continue;
    parts.push(timestamp ?? Buffer.alloc(16), sized(emptyDigest));
  }
  const checked = Buffer.concat([u32(0), deflateSync(Buffer.concat(parts), { level: 9 })]);
  return Buffer.concat([Buffer.from(magic), u32(crc32c(checked)), checked]);
}

export function decodeUefiData(bytes: Buffer): UefiVariable[] {
  if (bytes.length < headerBytes || bytes.toString('latin1', 0, 8) !== magic) {
    throw new UefiDataError(`it does not begin with ${magic}`);
  }
  const checked = bytes.subarray(12);
  if (crc32c(checked) !== bytes.readUInt32LE(8)) throw new UefiDataError('its checksum is wrong');
  if (checked.readUInt32LE(0) !== 0) throw new UefiDataError('its version is not 0');
  return readVariables(new Reader(inflated(checked.subarray(4))));
}

/** Firmware that finds a platform key starts only what is signed by those that its keys name. */
export function isForSecureBoot(uefiData: string | undefined): boolean {
  if (uefiData === undefined) return false;
  const variables = decodeUefiData(Buffer.from(uefiData, 'base64'));
  return variables.some(({ name, guid }) => name === 'PK' && guid.equals(globalGuid));
}

/** Non-volatile, for boot services and the system, with time-based authentication. */
export function platformKey(data: Buffer): UefiVariable {
  return { name: 'PK', guid: globalGuid, attributes: 0x27, data, timestamp: Buffer.alloc(16) };
}

function inflated(stream: Buffer): Buffer {
  // The flag of a stream that needs a dictionary.
  if (((stream[1] ?? 0) & 0x20) !== 0) {
    throw new UefiDataError('it is compressed with the dictionary of EC2, which Imago has not');
  }
  try {
    return inflateSync(stream, { maxOutputLength: variablesMaxBytes });
  } catch (cause) {
    throw new UefiDataError('it cannot be decompressed', { cause });
  }
}

function readVariables(reader: Reader): UefiVariable[] {
  const variables: UefiVariable[] = [];
  const count = reader.u64();
  for (let index = 0; index < count; index++) {
    const [name, data] = [reader.sized().toString(), reader.sized()];
    const [guid, attributes] = [reader.bytes(16), reader.u32()];
    const variable: UefiVariable = { name, guid, attributes, data };
    if (attributes & timeBasedAuthentication) {
      variable.timestamp = reader.bytes(16);
      reader.sized();
    }
    variables.push(variable);
  }
  return variables;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  bytes(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new UefiDataError('it ends too soon');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  u32(): number {
    return this.bytes(4).readUInt32LE();
  }

  u64(): number {
    return Number(this.bytes(8).readBigUInt64LE());
  }

  sized(): Buffer {
    return this.bytes(this.u64());
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function sized(data: Buffer): Buffer {
  return Buffer.concat([u64(data.length), data]);
}

/** Castagnoli's polynomial, bits reversed. */
const polynomial = 0x82f63b78;

export function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
