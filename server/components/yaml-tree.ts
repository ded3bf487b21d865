/**
 * YAML as a tree of texts, lists and maps, each with its line and its path in the document. The
 * text is a stranger's, so its size, depth, aliases and number of values are bounded; what is no
 * tree of these (tags, merge keys, several documents, keys that are no texts) is refused. A scalar
 * is what its author wrote: `0644` and `1.10` stay these texts.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';

/** AWS takes 64 KB by way of S3, and less in a request. */
export const documentMaxBytes = 64 * 1024;
const depthMax = 24;
/** Aliases are counted each time that they are followed, with all that is in them. */
const valuesMax = 20_000;
const tooDeep = 'values are too deep in each other';

/** What the author of a document is told: where, and why. */
export class DocumentError extends Error {
  override name = 'DocumentError';
  readonly line: number;
  readonly path: string;

  constructor({ line, path }: { line: number; path: string }, reason: string) {
    super(`line ${line}${path === '' ? '' : `, ${path}`}: ${reason}`);
    this.line = line;
    this.path = path;
  }
}

interface Place {
  line: number;
  /** Such as `phases[0].steps[1].action`; of the document itself empty. */
  path: string;
}

export interface YamlText extends Place {
  kind: 'text';
  text: string;
  /** It was written in quotes or as a block. */
  quoted: boolean;
}

export interface YamlList extends Place {
  kind: 'list';
  items: YamlValue[];
}

export interface YamlMap extends Place {
  kind: 'map';
  members: Map<string, YamlValue>;
}

export type YamlValue = YamlText | YamlList | YamlMap;

export function readYaml(text: string): YamlValue {
  const start = { line: 1, path: '' };
  if (Buffer.byteLength(text) > documentMaxBytes) {
    throw new DocumentError(start, `a document has at most ${documentMaxBytes} bytes`);
  }
  const lines = new LineCounter();
  const documents = parsed(text, lines);
  const [document] = documents;
  if (!document || !('contents' in document) || document.contents === null) {
    throw new DocumentError(start, 'the document is empty');
  }
  const failed = documents.flatMap(({ errors }) => errors)[0];
  if (failed) {
    const line = lines.linePos(failed.pos[0]).line;
    // It reports its own want of stack so.
    const isDeep = failed.message.includes('call stack');
    const why = isDeep ? tooDeep : (failed.message.split('\n')[0] ?? '');
    throw new DocumentError({ line, path: '' }, why);
  }
  if (documents.length > 1) throw new DocumentError(start, 'one document is expected');
  const tree = new TreeReader(lines, (alias) => alias.resolve(document));
  return tree.read(document.contents, { line: 1, path: '' }, 0);
}

function parsed(text: string, lineCounter: LineCounter) {
  try {
    return [
      ...parseAllDocuments(text, {
        lineCounter,
        prettyErrors: false,
        uniqueKeys: true,
        merge: false,
        logLevel: 'silent',
      }),
    ];
  } catch (error) {
    // Thousands of brackets in each other are more than its stack has.
    if (error instanceof RangeError) {
      throw new DocumentError({ line: 1, path: '' }, tooDeep);
    }
    throw error;
  }
}

type Alias = Extract<Node, { source: string; resolve: unknown }>;

class TreeReader {
  readonly #lines: LineCounter;
  readonly #resolve: (alias: Alias) => Node | undefined;
  #values = 0;

  constructor(lines: LineCounter, resolve: (alias: Alias) => Node | undefined) {
    this.#lines = lines;
    this.#resolve = resolve;
  }

  read(node: unknown, around: Place, depth: number): YamlValue {
    const line = this.#lineOf(node) ?? around.line;
    const place = { line, path: around.path };
    this.#values += 1;
    if (this.#values > valuesMax)
      throw new DocumentError(place, 'the document has too many values');
    if (depth > depthMax) throw new DocumentError(place, tooDeep);
    if ((node as { tag?: string } | null)?.tag !== undefined) {
      throw new DocumentError(place, 'a value has no tag');
    }
    if (isAlias(node)) return this.read(this.#resolve(node as Alias), place, depth + 1);
    if (isMap(node)) return this.#map(node.items, place, depth);
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.read(item, { line, path: `${place.path}[${index}]` }, depth + 1),
      );
      return { kind: 'list', ...place, items };
    }
    if (node === null || node === undefined) {
      return { kind: 'text', ...place, text: '', quoted: false };
    }
    if (!isScalar(node)) throw new DocumentError(place, 'a text, list or map is expected');
    const isPlain = node.type === 'PLAIN';
    const text = isPlain ? (node.source ?? '') : String(node.value ?? '');
    return { kind: 'text', ...place, text, quoted: !isPlain };
  }

  #map(pairs: readonly { key: unknown; value: unknown }[], place: Place, depth: number): YamlMap {
    const members = new Map<string, YamlValue>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? (key.source ?? String(key.value)) : undefined;
      if (name === undefined) throw new DocumentError(place, 'a key is a text');
      const path = place.path === '' ? name : `${place.path}.${name}`;
      const around = { line: this.#lineOf(key) ?? place.line, path };
      members.set(name, this.read(value, around, depth + 1));
    }
    return { kind: 'map', ...place, members };
  }

  #lineOf(node: unknown): number | undefined {
    const range = (node as { range?: [number, number, number] | null } | null)?.range;
    return range ? this.#lines.linePos(range[0]).line : undefined;
  }
}
