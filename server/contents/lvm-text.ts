/**
 * The text in which LVM describes a volume group: sections in sections, with numbers, strings and
 * lists of them. Its length and depth are bounded, and nothing in it is looked up by the names of
 * an object's own members.
 */
import { UnreadableContents } from './bounded-reader.ts';

export type LvmValue = number | string | (number | string)[];

export interface LvmSection {
  values: Map<string, LvmValue>;
  sections: Map<string, LvmSection>;
}

/** Segments are as deep as it gets: of a volume, of all volumes, of a group. */
const depthMax = 8;
const tokenPattern = /\s+|#[^\n]*|[A-Za-z0-9_.+-]+|[={}[\],]/y;

export function readLvmText(text: string): LvmSection {
  const tokens = new Tokens(text);
  const section = readSection(tokens, 0);
  if (tokens.next() !== undefined) throw wrong();
  return section;
}

/** Of text, without spaces and comments. */
class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): string | undefined {
    while (this.#at < this.#text.length) {
      tokenPattern.lastIndex = this.#at;
      const isString = this.#text[this.#at] === '"';
      const token = isString ? this.#string() : tokenPattern.exec(this.#text)?.[0];
      if (token === undefined) throw wrong();
      this.#at += token.length;
      if (!/^[\s#]/.test(token)) return token;
    }
    return undefined;
  }

  /** With its quotes. */
  #string(): string {
    let end = this.#at + 1;
    while (this.#text[end] !== '"') {
      end += this.#text[end] === '\\' ? 2 : 1;
      if (end >= this.#text.length) throw wrong();
    }
    return this.#text.slice(this.#at, end + 1);
  }
}

/** Up to the end of it, or of the text. */
function readSection(tokens: Tokens, depth: number): LvmSection {
  const section: LvmSection = { values: new Map(), sections: new Map() };
  for (;;) {
    const name = tokens.next();
    if (name === undefined && depth === 0) return section;
    if (name === '}' && depth > 0) return section;
    if (name === undefined || !/^[A-Za-z0-9_.+-]/.test(name)) throw wrong();
    const sign = tokens.next();
    if (sign === '=') section.values.set(name, readValue(tokens));
    else if (sign === '{' && depth < depthMax) {
      section.sections.set(name, readSection(tokens, depth + 1));
    } else throw wrong();
  }
}

function readValue(tokens: Tokens): LvmValue {
  const first = tokens.next();
  if (first !== '[') return scalarOf(first);
  const values: (number | string)[] = [];
  for (let token = tokens.next(); token !== ']'; token = tokens.next()) {
    if (token !== ',') values.push(scalarOf(token));
  }
  return values;
}

function scalarOf(token: string | undefined): number | string {
  if (token?.startsWith('"')) return token.slice(1, -1).replace(/\\(.)/gs, '$1');
  if (token && /^-?[0-9][0-9.]*$/.test(token)) return Number(token);
  throw wrong();
}

function wrong(): UnreadableContents {
  return new UnreadableContents('the volume group is damaged: its description');
}
