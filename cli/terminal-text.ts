/**
 * Text of strangers (a guest's console, names, words of build tools) for a person's terminal, which
 * obeys control characters: it may be made to lie, to answer into the shell, to be of no use any
 * more. Escape sequences are left out; any other control character is shown, such as `^G`. New
 * lines and tabs stay; a return without a new line becomes one.
 */

/**
 * As ECMA-48 has them; titles and other strings end with BEL or ST, and are no longer than this.
 */
const stringMax = 256;
const stringBytes = `[^\\x07\\x1b\\x9c\\n]{0,${stringMax}}`;
const sequences = [
  '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]',
  `(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])${stringBytes}(?:\\x07|\\x1b\\\\|\\x9c)`,
  // None of those that begin the ones above: they are shown where they are not whole.
  '\\x1b[ -/]*[0-OQ-WYZ\\\\`-~]',
];
const wholeSequence = new RegExp(sequences.join('|'), 'g');
/** The end of a text that may go on as a sequence, or as a new line. */
const begunSequence = new RegExp(
  `(?:(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*|(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])${stringBytes}\\x1b?|\\x1b[ -/]*|\\r+)$`,
);
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const control = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Of a text that is whole. */
export function harmless(text: string): string {
  return shown(text.replace(wholeSequence, ''));
}

/** What is left without sequences. */
function shown(text: string): string {
  return text.replace(/\r+\n?/g, '\n').replace(control, visible);
}

/** On one line, for a cell of a table or a message. */
export function harmlessLine(text: string): string {
  return harmless(text).replace(/[\n\t]+/g, ' ');
}

/** Of a text that comes in parts, which may end anywhere. */
export class HarmlessStream {
  #held = '';

  add(part: string): string {
    const text = this.#held + part;
    // What is held is bounded: a sequence that is longer is none.
    const begun = begunSequence.exec(text.slice(-2 * stringMax))?.[0] ?? '';
    const rest = text.slice(0, text.length - begun.length).replace(wholeSequence, '');
    // A new line may follow the return, behind sequences that are left out.
    const told = rest.replace(/\r+$/, '');
    this.#held = (told.length < rest.length ? '\r' : '') + begun;
    return shown(told);
  }

  end(): string {
    const rest = this.#held;
    this.#held = '';
    return harmless(rest);
  }
}

function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  return code === 0x7f ? '^?' : `\\x${code.toString(16)}`;
}
