/**
 * Names as a FAT has them: eight bytes and three in the code page 437, which Linux reads them by,
 * and long ones in pieces of UTF-16 before them. All come out as UTF-8.
 */

const upperHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

/** The name that was erased begins with this byte, so one that should has another. */
const insteadOfErased = 0x05;
const lowerCase = { base: 0x08, extension: 0x10 };
const lastOfLong = 0x40;
const piecesMax = 20;
const unitsOfPiece = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

/** Of an entry: `NAME.TXT`, in small letters where Windows NT says so. */
export function shortName(entry: Buffer): Buffer {
  const bytes = Buffer.from(entry.subarray(0, 11));
  if (bytes[0] === insteadOfErased) bytes[0] = 0xe5;
  const flags = entry.readUInt8(12);
  const base = inCase(bytes.subarray(0, 8), (flags & lowerCase.base) !== 0);
  const extension = inCase(bytes.subarray(8), (flags & lowerCase.extension) !== 0);
  return Buffer.from(extension === '' ? base : `${base}.${extension}`);
}

export function labelText(bytes: Buffer): string {
  const label = Buffer.from(bytes);
  if (label[0] === insteadOfErased) label[0] = 0xe5;
  return text(label);
}

function inCase(bytes: Buffer, isLower: boolean): string {
  const upper = text(bytes);
  return isLower ? [...upper].map(lowered).join('') : upper;
}

/** Only to what the code page has. */
function lowered(char: string): string {
  const lower = char.toLowerCase();
  return lower.charCodeAt(0) < 0x80 || upperHalf.includes(lower) ? lower : char;
}

function text(bytes: Buffer): string {
  const chars = Array.from(bytes, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : (upperHalf[byte - 0x80] as string),
  );
  return chars.join('').replace(/ +$/, '');
}

/** A long name, collected from the entries before the one that it is of. */
export class LongName {
  #units = new Uint16Array(0);
  #checksum = 0;
  /** Of pieces that are still to come; less than none when there is no name. */
  #left = -1;

  /** The last piece of a name comes first. */
  add(entry: Buffer): void {
    const order = entry.readUInt8(0);
    const index = order & ~lastOfLong;
    if ((order & lastOfLong) !== 0) {
      if (index < 1 || index > piecesMax) {
        this.clear();
        return;
      }
      this.#units = new Uint16Array(index * unitsOfPiece.length);
      this.#checksum = entry.readUInt8(13);
      this.#left = index;
    }
    const fits = index === this.#left && index > 0 && entry.readUInt8(13) === this.#checksum;
    if (!fits) {
      this.clear();
      return;
    }
    this.#left--;
    for (const [at, offset] of unitsOfPiece.entries()) {
      this.#units[this.#left * unitsOfPiece.length + at] = entry.readUInt16LE(offset);
    }
  }

  clear(): void {
    this.#left = -1;
  }

  /** Of the entry that follows; undefined where it has none, or that of another. */
  of(entry: Buffer): Buffer | undefined {
    const isWhole = this.#left === 0 && checksum(entry) === this.#checksum;
    this.clear();
    if (!isWhole) return undefined;
    const end = this.#units.indexOf(0);
    return utf8(end < 0 ? this.#units : this.#units.subarray(0, end));
  }
}

function checksum(entry: Buffer): number {
  return entry.subarray(0, 11).reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff);
}

/** Half of a pair is written as if it were a character, so that no two names become one. */
function utf8(units: Uint16Array): Buffer {
  const pieces: Buffer[] = [];
  for (const char of String.fromCharCode(...units)) {
    const code = char.codePointAt(0) as number;
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    const half = [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
    pieces.push(isHalf ? Buffer.from(half) : Buffer.from(char));
  }
  return Buffer.concat(pieces);
}
