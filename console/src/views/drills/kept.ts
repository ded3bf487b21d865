/** What is kept of a drill as a page can show it; in answers bytes are base64. */

/** Undefined where it is no picture. */
export function pictureOf(base64: string | undefined): string | undefined {
  // As JPEGs begin.
  return base64?.startsWith('/9j/') ? `data:image/jpeg;base64,${base64}` : undefined;
}

/** Colours, moves of the cursor and other orders to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const orders = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

export function said(base64: string | undefined): string | undefined {
  if (base64 === undefined) return undefined;
  const bytes = Uint8Array.from(fromBase64(base64), (letter) => letter.charCodeAt(0));
  const text = new TextDecoder().decode(bytes);
  return text.replaceAll(orders, '').replaceAll(controls, '').trimEnd();
}

function fromBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return '';
  }
}
