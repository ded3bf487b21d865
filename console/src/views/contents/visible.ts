/**
 * Names and texts of an image as they are shown: what would not be seen, or would turn what is seen
 * around, is written out. A stranger has written them.
 */

/** Controls but tab and line feed, and what changes the direction of what follows, or is nothing. */
const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

export const visibleText = (text: string) => text.replaceAll('\r\n', '\n').replace(unseen, escaped);

/** Of one line, such as a path. */
export const visibleLine = (text: string) => visibleText(text).replace(/[\t\n]/g, escaped);

function escaped(character: string): string {
  const code = character.codePointAt(0)?.toString(16) ?? '';
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
}

/** Whether it is for people to read, as far as its first bytes tell. */
export function isText(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, 8192).includes(0);
}
