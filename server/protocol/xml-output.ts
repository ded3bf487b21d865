/**
 * Typed output -> XML, by the model. Each shape is turned into a function once; after that a value
 * is only member reads and string concatenation, because a page of DescribeImages has tens of
 * thousands of elements. A member that is undefined has no element; an empty list has an empty one.
 * A list may come in parts that are still to be read (an async iterable of lists): they are written
 * when they come.
 */
import type { ServiceModel, StructShape } from '../../api/model.ts';
import type { Pieces } from './pieces.ts';
import { isAsyncIterable } from './protocol.ts';

type Write = (value: unknown, to: Pieces) => void;

interface MemberPart {
  name: string;
  write: Write;
}

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

export class XmlOutput {
  readonly #model: ServiceModel;
  readonly #writers = new Map<string, Write>();

  constructor(model: ServiceModel) {
    this.#model = model;
  }

  /**
   * The elements of the action's output, without one around them; false where the model has no
   * output.
   */
  write(action: string, output: unknown, to: Pieces): boolean {
    const name = this.#model.operations[action]?.output;
    if (name === undefined) return false;
    this.#content(name)(output, to);
    return true;
  }

  #content(ref: string): Write {
    let write = this.#writers.get(ref);
    if (!write) {
      write = this.#compile(ref);
      this.#writers.set(ref, write);
    }
    return write;
  }

  /** With an element around it. */
  #element(xml: string, ref: string): Write {
    const [open, close] = [`<${xml}>`, `</${xml}>`];
    if (!this.#model.shapes[ref]) {
      const text = scalarTexts[ref] ?? fail(ref);
      return (value, to) => {
        to.text += open + text(value) + close;
      };
    }
    const content = this.#content(ref);
    return (value, to) => {
      to.text += open;
      content(value, to);
      to.text += close;
    };
  }

  #compile(ref: string): Write {
    const shape = this.#model.shapes[ref] ?? fail(ref);
    if ('map' in shape) throw new Error(`${ref} is a map, which XML has not`);
    if (!('list' in shape)) return this.#compileStruct(shape);
    let entry: Write | undefined;
    const write: Write = (value, to) => {
      if (isAsyncIterable(value)) {
        to.later(value, write);
        return;
      }
      entry ??= this.#element(shape.xml, shape.list); // not before: a shape may contain itself
      for (const each of value as unknown[]) {
        entry(each, to);
        to.cut();
      }
    };
    return write;
  }

  #compileStruct(shape: StructShape): Write {
    let parts: MemberPart[] | undefined;
    return (value, to) => {
      parts ??= Object.entries(shape.members).map(([name, member]) => {
        const [ref, , xml] = typeof member === 'string' ? [member, name, name] : member;
        return { name, write: this.#element(xml, ref) };
      });
      for (const { name, write } of parts) {
        const member = (value as Record<string, unknown>)[name];
        if (member !== undefined && member !== null) write(member, to);
      }
    };
  }
}

const scalarTexts: Record<string, (value: unknown) => string> = {
  string: (value) => escapeXml(value as string),
  number: String,
  boolean: String,
  timestamp: (value) => (value as Date).toISOString(),
  blob: (value) => Buffer.from(value as Uint8Array).toString('base64'),
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: some XML 1.0 cannot carry
const special = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, all of them
const specials = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

/**
 * Text content. Characters that XML cannot carry become U+FFFD: they are refused on the way in,
 * this is for messages.
 */
export function escapeXml(text: string): string {
  if (!special.test(text)) return text;
  return text.replace(specials, (character) => escapes[character] ?? '\ufffd');
}

function fail(ref: string): never {
  throw new Error(`the model has no shape ${ref}`);
}
