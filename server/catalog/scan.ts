/** Many rows as a stream: batch after batch, each a query of its own that goes on where the one before has ended. */
import type { Query, TableReader } from './catalog.ts';
import type { Rows, TableName } from './tables.ts';

/** Whoever wants a few rows only shall not wait for many. */
const firstBatchRows = 32;
/** Read within a few milliseconds. */
const batchRowsMax = 256;

export async function* scanInBatches<N extends TableName>(
  table: Pick<TableReader<N>, 'list'>,
  { after, limit = Number.POSITIVE_INFINITY, where }: Query<N>,
): AsyncGenerator<Rows[N]> {
  let last = after;
  let left = limit;
  for (let size = firstBatchRows; left > 0; size = Math.min(2 * size, batchRowsMax)) {
    const rows = await table.list({ where, after: last, limit: Math.min(size, left) });
    yield* rows;
    if (rows.length < size) return;
    left -= rows.length;
    last = rows.at(-1)?.id;
    // Databases that answer at once would keep everybody else waiting.
    await new Promise(setImmediate);
  }
}
