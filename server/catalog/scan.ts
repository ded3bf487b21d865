/** Many rows as a stream: batch after batch, each a query of its own that goes on where the one before has ended. */
import type { Query, TableReader } from './catalog.ts';
import type { Rows, TableName } from './tables.ts';

/** Read within a few milliseconds; a page of the API, and the row that says whether there is another, are one query. */
const batchRows = 256;

export async function* scanInBatches<N extends TableName>(
  table: Pick<TableReader<N>, 'list'>,
  { after, limit = Number.POSITIVE_INFINITY, where }: Query<N>,
): AsyncGenerator<Rows[N]> {
  let last = after;
  let left = limit;
  while (left > 0) {
    // Databases that answer at once would keep everybody else waiting; so would a caller that asks for page after page.
    await new Promise(setImmediate);
    const size = Math.min(batchRows, left);
    const rows = await table.list({ where, after: last, limit: size });
    yield* rows;
    if (rows.length < size) return;
    left -= rows.length;
    last = rows.at(-1)?.id;
  }
}
