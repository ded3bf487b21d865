/**
 * Paths and names in images, for a person's terminal: they are any bytes, and what it would obey or
 * stumble over is shown as `\x1b`. Two that differ are shown differently.
 */
import { isUtf8 } from 'node:buffer';

/** Control characters, and those that turn or hide what stands around them. */
const hostile =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  /[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

/** `bytes` in base64 where the text is not all of it. */
export function shownPath(text: string, bytes?: string): string {
  const plain = bytes === undefined ? text : withoutBytes(Buffer.from(bytes, 'base64'));
  return plain.replace(hostile, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** What is not UTF-8, byte by byte. */
function withoutBytes(bytes: Buffer): string {
  let shown = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((each) => isCharacter(bytes.subarray(at, at + each), each));
    if (length) shown += bytes.toString('utf8', at, at + length);
    else shown += `\\x${(bytes[at] as number).toString(16).padStart(2, '0')}`;
    at += length ?? 1;
  }
  return shown;
}

function isCharacter(bytes: Buffer, length: number): boolean {
  return bytes.length === length && isUtf8(bytes);
}
