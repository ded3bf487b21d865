/**
 * Notices what is written: which rows of which tables, told once it is committed. So whoever acts
 * on rows hears of each change, and nobody who makes one can forget to say so.
 */
import type { Catalog, CatalogTransaction, Table } from './catalog.ts';
import type { TableName } from './tables.ts';

/** Ids of the rows that were inserted, updated or deleted. */
export type Changes = ReadonlyMap<TableName, ReadonlySet<string>>;

/** The same catalog; reads and DryRuns, which commit nothing, are told to nobody. */
export function noticeChanges(catalog: Catalog, notice: (changes: Changes) => void): Catalog {
  return {
    read: (work) => catalog.read(work),
    close: () => catalog.close(),
    async write(work) {
      let changes = new Map<TableName, Set<string>>();
      const result = await catalog.write((transaction) => {
        // After a serialisation failure it is run again.
        changes = new Map();
        return work(noting(transaction, changes));
      });
      if (changes.size > 0) notice(changes);
      return result;
    },
  };
}

function noting(
  transaction: CatalogTransaction,
  changes: Map<TableName, Set<string>>,
): CatalogTransaction {
  return new Proxy(transaction, {
    get(target, name) {
      const table = name as TableName;
      const note = (id: string) => changes.set(table, (changes.get(table) ?? new Set()).add(id));
      return notingTable(Reflect.get(target, name), note);
    },
  });
}

function notingTable<N extends TableName>(table: Table<N>, note: (id: string) => void): Table<N> {
  const writes: Pick<Table<N>, 'insert' | 'update' | 'delete'> = {
    insert(row) {
      note(row.id);
      return table.insert(row);
    },
    update(row) {
      note(row.id);
      return table.update(row);
    },
    delete(id) {
      note(id);
      return table.delete(id);
    },
  };
  return new Proxy(table, {
    get(target, name) {
      if (Object.hasOwn(writes, name)) return writes[name as keyof typeof writes];
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
