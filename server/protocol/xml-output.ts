/**
 * Typed output -> XML, by the model. Each shape is turned into a function once; after that a value is only member
 * reads and string concatenation, because a page of DescribeImages has tens of thousands of elements.
 * A member that is undefined has no element; an empty list has an empty one.
 */
import type { ServiceModel, StructShape } from '../../api/model.ts';

type Encode = (value: unknown) => string;

interface MemberPart {
  name: string;
  open: string;
  close: string;
  encode: Encode;
}

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

export class XmlOutput {
  readonly #model: ServiceModel;
  readonly #encoders = new Map<string, Encode>();

  constructor(model: ServiceModel) {
    this.#model = model;
  }

  /** The elements of the action's output, without one around them; undefined where the model has no output. */
  encode(action: string, output: unknown): string | undefined {
    const name = this.#model.operations[action]?.output;
    return name === undefined ? undefined : this.#encoder(name)(output);
  }

  #encoder(ref: string): Encode {
    let encoder = this.#encoders.get(ref);
    if (!encoder) {
      encoder = this.#compile(ref);
      this.#encoders.set(ref, encoder);
    }
    return encoder;
  }

  #compile(ref: string): Encode {
    const shape = this.#model.shapes[ref];
    if (!shape) return scalarEncoders[ref] ?? fail(ref);
    if (!('list' in shape)) return this.#compileStruct(shape);
    const [open, close] = [`<${shape.xml}>`, `</${shape.xml}>`];
    let encode: Encode | undefined;
    return (value) => {
      encode ??= this.#encoder(shape.list); // not before: a shape may contain itself
      let text = '';
      for (const entry of value as unknown[]) text += open + encode(entry) + close;
      return text;
    };
  }

  #compileStruct(shape: StructShape): Encode {
    let parts: MemberPart[] | undefined;
    return (value) => {
      parts ??= Object.entries(shape.members).map(([name, member]) => {
        const [ref, , xml] = typeof member === 'string' ? [member, name, name] : member;
        return { name, open: `<${xml}>`, close: `</${xml}>`, encode: this.#encoder(ref) };
      });
      let text = '';
      for (const { name, open, close, encode } of parts) {
        const member = (value as Record<string, unknown>)[name];
        if (member !== undefined && member !== null) text += open + encode(member) + close;
      }
      return text;
    };
  }
}

const scalarEncoders: Record<string, Encode> = {
  string: (value) => escapeXml(value as string),
  number: String,
  boolean: String,
  timestamp: (value) => (value as Date).toISOString(),
  blob: (value) => Buffer.from(value as Uint8Array).toString('base64'),
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 cannot carry, and what it must have escaped
const special = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, all of them
const specials = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

/** Text content. Characters that XML cannot carry become U+FFFD: they are refused on the way in, this is for messages. */
export function escapeXml(text: string): string {
  if (!special.test(text)) return text;
  return text.replace(specials, (character) => escapes[character] ?? '\ufffd');
}

function fail(ref: string): never {
  throw new Error(`the model has no shape ${ref}`);
}
