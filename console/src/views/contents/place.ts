/** Where something lies in an image, as the API is asked for it. */

export interface Place {
  Path?: string;
  /** In base64, where the path is not UTF-8. */
  PathBytes?: string;
}

/** What a parameter of text may not have. */
const unsaid = /[\p{Cc}\ufffe\uffff]/u;

export function placeOf({ Path = '/', PathBytes }: Place): Place {
  if (PathBytes !== undefined) return { PathBytes };
  return unsaid.test(Path) ? { PathBytes: base64Of(Path) } : { Path };
}

const base64Of = (path: string) =>
  btoa(Array.from(new TextEncoder().encode(path), (byte) => String.fromCharCode(byte)).join(''));
