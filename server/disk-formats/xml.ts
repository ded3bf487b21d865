/**
 * As much of XML as an OVF descriptor is made of: elements, attributes, text. Bounded in length,
 * depth and count; document types and entities of one's own are refused, so that nothing is fetched
 * or multiplied. Prefixes are dropped: an OVF has no two elements that differ by them alone.
 */
import type { Refuse } from './disk-format-error.ts';

export interface XmlElement {
  /** Without its prefix, as are the attributes'. */
  name: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  /** All of its own, without what is around it. */
  text: string;
}

export const xmlMaxBytes = 4 * 1024 ** 2;
const depthMax = 32;
const elementsMax = 20_000;
const attributesMax = 64;

const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The one element that the text is. */
export function parseXml(text: string, refuse: Refuse): XmlElement {
  return new XmlReader(text, refuse).read();
}

class XmlReader {
  readonly #text: string;
  readonly #refuse: Refuse;
  #at = 0;
  #elements = 0;

  constructor(text: string, refuse: Refuse) {
    this.#text = text;
    this.#refuse = refuse;
  }

  read(): XmlElement {
    const root: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
    const open = [root];
    while (this.#at < this.#text.length) {
      const start = this.#text.indexOf('<', this.#at);
      const end = start < 0 ? this.#text.length : start;
      const inner = open.at(-1) as XmlElement;
      inner.text += this.#unescape(this.#text.slice(this.#at, end));
      this.#at = end;
      if (start >= 0) this.#markup(open);
    }
    const [element, second] = root.children;
    if (!element || second || open.length > 1 || root.text.trim() !== '') {
      throw this.#refuse('its descriptor is not one element of XML');
    }
    return element;
  }

  #markup(open: XmlElement[]): void {
    const rest = (text: string) => this.#text.startsWith(text, this.#at);
    if (rest('<!--')) this.#skipTo('-->');
    else if (rest('<?')) this.#skipTo('?>');
    else if (rest('<![CDATA[')) {
      const start = this.#at + '<![CDATA['.length;
      this.#skipTo(']]>');
      (open.at(-1) as XmlElement).text += this.#text.slice(start, this.#at - ']]>'.length);
    } else if (rest('<!')) throw this.#refuse('its descriptor has a document type');
    else if (rest('</')) this.#endTag(open);
    else this.#startTag(open);
  }

  #startTag(open: XmlElement[]): void {
    const [, name] = this.#match(/<([A-Za-z_][\w.:-]*)/y);
    const attributes = new Map<string, string>();
    const attribute = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
    for (;;) {
      attribute.lastIndex = this.#at;
      const match = attribute.exec(this.#text);
      if (!match) break;
      this.#at = attribute.lastIndex;
      const key = localName(match[1] ?? '');
      const value = this.#unescape(match[2] ?? match[3] ?? '');
      if (!attributes.has(key)) attributes.set(key, value);
      if (attributes.size > attributesMax) throw this.#refuse('its descriptor has no end');
    }
    const [, slash] = this.#match(/\s*(\/?)>/y);
    const element = { name: localName(name ?? ''), attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    if (++this.#elements > elementsMax || open.length > depthMax) {
      throw this.#refuse('its descriptor is larger than those of machines');
    }
    if (slash === '') open.push(element);
  }

  #endTag(open: XmlElement[]): void {
    const [, name] = this.#match(/<\/([A-Za-z_][\w.:-]*)\s*>/y);
    const element = open.pop();
    if (open.length === 0 || element?.name !== localName(name ?? '')) {
      throw this.#refuse('its descriptor is not well-formed');
    }
    element.text = element.text.trim();
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) throw this.#refuse('its descriptor is not well-formed');
    this.#at = pattern.lastIndex;
    return match;
  }

  #skipTo(end: string): void {
    const at = this.#text.indexOf(end, this.#at);
    if (at < 0) throw this.#refuse('its descriptor is not well-formed');
    this.#at = at + end.length;
  }

  #unescape(text: string): string {
    if (!text.includes('&')) return text;
    return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,8}));|&/g, (all, ...groups) => {
      const [decimal, hex, name] = groups as (string | undefined)[];
      const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
      if (code !== undefined && code > 0 && code <= 0x10ffff) return String.fromCodePoint(code);
      const character = name !== undefined && Object.hasOwn(named, name) ? named[name] : undefined;
      if (character !== undefined) return character;
      throw this.#refuse(`its descriptor has the entity ${all.slice(0, 12)}`);
    });
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** For what is written into XML. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
