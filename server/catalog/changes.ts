/**
 * Notices what is written: which rows of which tables, told once it is committed. So whoever acts
 * on rows hears of each change, and nobody who makes one can forget to say so. A commit that was not
 * answered may have been done, and is told, too: who asks again finds it done and writes nothing, so
 * nobody else would.
 */
import type { Catalog, CatalogTransaction, Table } from './catalog.ts';
import type { Rows, TableName } from './table-rows.ts';

/** Ids of the rows that were inserted, updated or deleted. */
export type Changes = ReadonlyMap<TableName, ReadonlySet<string>>;

/** The same catalog; reads and DryRuns, which commit nothing, are told to nobody. */
export function noticeChanges(catalog: Catalog, notice: (changes: Changes) => void): Catalog {
  return {
    read: (work) => catalog.read(work),
    close: () => catalog.close(),
    async write(work) {
      let changes = new Map<TableName, Set<string>>();
      try {
        return await catalog.write(async (transaction) => {
          // After a serialisation failure it is run again.
          changes = new Map();
          const noted = new Map<TableName, Set<string>>();
          const result = await work(noting(transaction, noted));
          changes = noted;
          return result;
        });
      } finally {
        // None, where the work itself has thrown: that is taken back.
        if (changes.size > 0) notice(changes);
      }
    },
  };
}

function noting(
  transaction: CatalogTransaction,
  changes: Map<TableName, Set<string>>,
): CatalogTransaction {
  return beforeWrites(transaction, (name, _table, id) => {
    changes.set(name, (changes.get(name) ?? new Set()).add(id));
  });
}

/** Is told of a write before it is done; without a row it deletes. */
type BeforeWrite = <N extends TableName>(
  name: N,
  table: Table<N>,
  id: string,
  row?: Rows[N],
) => Promise<void> | void;

/** The same transaction, in which each write waits for that. */
export function beforeWrites(
  transaction: CatalogTransaction,
  before: BeforeWrite,
): CatalogTransaction {
  return new Proxy(transaction, {
    get(target, name) {
      return withBefore(Reflect.get(target, name), name as TableName, before);
    },
  });
}

function withBefore<N extends TableName>(table: Table<N>, name: N, before: BeforeWrite): Table<N> {
  const writes: Pick<Table<N>, 'insert' | 'update' | 'delete'> = {
    async insert(row) {
      await before(name, table, row.id, row);
      return table.insert(row);
    },
    async update(row) {
      await before(name, table, row.id, row);
      return table.update(row);
    },
    async delete(id) {
      await before(name, table, id);
      return table.delete(id);
    },
  };
  return new Proxy(table, {
    get(target, member) {
      if (Object.hasOwn(writes, member)) return writes[member as keyof typeof writes];
      const value = Reflect.get(target, member);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
