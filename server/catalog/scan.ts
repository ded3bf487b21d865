/**
 * Many rows as a stream: batch after batch, each a query of its own that goes on where the one
 * before has ended.
 */
import type { Query } from './catalog.ts';
import type { Rows, TableName } from './table-rows.ts';

/**
 * Read within a few milliseconds. With the row that says whether there is another, a page of a list
 * that is sent in pieces (250 rows) is one batch, and the longest that a client asks for (1,000)
 * are four: none is read for one row.
 */
const batchRows = 251;

/** What was read; each row is made when it is its turn, so that few are held at a time. */
export interface Batch<Row> {
  length: number;
  row(index: number): Row;
}

export async function* scanInBatches<N extends TableName>(
  batch: (query: Query<N>) => Promise<Batch<Rows[N]>>,
  { after, limit = Number.POSITIVE_INFINITY, where }: Query<N>,
): AsyncGenerator<Rows[N]> {
  let last = after;
  let left = limit;
  while (left > 0) {
    // Databases that answer at once would keep everybody else waiting; so would a caller that asks
    // for page after page.
    await new Promise(setImmediate);
    const size = Math.min(batchRows, left);
    const { length, row } = await batch({ where, after: last, limit: size });
    for (let index = 0; index < length; index++) {
      const made = row(index);
      last = made.id;
      yield made;
    }
    if (length < size) return;
    left -= length;
  }
}
