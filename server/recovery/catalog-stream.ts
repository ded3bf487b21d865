/**
 * The rows of a catalog as a stream of bytes in parts of at most a block, and back: a line of JSON a
 * row (docs/design/sealed-catalogs.md). Parts are cut where ids say so, so that one row that changes
 * leaves all parts but its own as they were. It knows nothing of where the parts go.
 */
import { blockSizeBytes } from '../blocks/block-store.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { Rows, TableName } from '../catalog/table-rows.ts';
import { tableNames } from '../catalog/tables.ts';

/** What says nothing on another host: who drives, and who is signed in. */
const leftOut: ReadonlySet<TableName> = new Set(['leases', 'sessions']);

export const sealedTables: readonly TableName[] = tableNames.filter((name) => !leftOut.has(name));

/** A part ends after one row of so many: a power of two. */
const rowsAPart = 64;

export type CatalogLine = { [N in TableName]: { table: N; row: Rows[N] } }[TableName];

/** Of what was written. */
export interface Counted {
  rows: number;
  tables: Record<string, number>;
}

/** One committed state, as the reader sees it; `counted` is added to. */
export async function* catalogParts(
  reader: CatalogReader,
  counted: Counted,
): AsyncGenerator<Buffer> {
  const part = new Part();
  for (const table of sealedTables) {
    for await (const { version: _, ...row } of reader[table].scan()) {
      counted.rows++;
      counted.tables[table] = (counted.tables[table] ?? 0) + 1;
      yield* part.add(Buffer.from(`${JSON.stringify([table, row])}\n`));
      if (endsPart(row.id)) yield* part.end();
    }
  }
  yield* part.end();
}

/** Throws where a line is none, or of a table that this Imago does not have. */
export async function* catalogLines(parts: AsyncIterable<Buffer>): AsyncGenerator<CatalogLine> {
  let begun: Buffer[] = [];
  for await (const part of parts) {
    let from = 0;
    for (;;) {
      const end = part.indexOf('\n', from);
      if (end < 0) break;
      yield lineOf(Buffer.concat([...begun, part.subarray(from, end)]).toString());
      begun = [];
      from = end + 1;
    }
    if (from < part.length) begun.push(part.subarray(from));
  }
  if (begun.length > 0) throw new Error('a sealed catalog ends within a row');
}

function lineOf(text: string): CatalogLine {
  const [table, row] = JSON.parse(text) as [TableName, CatalogLine['row']];
  if (sealedTables.includes(table)) return { table, row } as CatalogLine;
  throw new Error(`a sealed catalog has rows of ${table}, which this Imago does not know`);
}

/** By nothing but the id: FNV-1a. */
function endsPart(id: string): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  }
  return ((hash ^ (hash >>> 16)) & (rowsAPart - 1)) === 0;
}

/** Bytes until there is a block of them. */
class Part {
  #pieces: Buffer[] = [];
  #length = 0;

  *add(bytes: Buffer): Generator<Buffer> {
    for (let rest = bytes; rest.length > 0; ) {
      const piece = rest.subarray(0, blockSizeBytes - this.#length);
      rest = rest.subarray(piece.length);
      this.#pieces.push(piece);
      this.#length += piece.length;
      if (this.#length === blockSizeBytes) yield* this.end();
    }
  }

  *end(): Generator<Buffer> {
    if (this.#length === 0) return;
    const part = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    yield part;
  }
}
