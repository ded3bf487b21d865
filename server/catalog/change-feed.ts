/**
 * Tells whoever follows which rows were written, and nothing of rows that they do not see. Whose a
 * row is says the row: it is read before it goes or changes, which costs something only while
 * somebody follows, or other processes may (of the same catalog, which tell each other).
 */
import { type Catalog, type CatalogTransaction, CatalogUnavailableError } from './catalog.ts';
import { beforeWrites } from './changes.ts';
import { type ImageRow, imageViewers } from './rows/image.ts';
import { viewerKey } from './rows/row.ts';
import { type SnapshotRow, snapshotViewers } from './rows/snapshot.ts';
import type { Rows, TableName } from './table-rows.ts';

export interface RowChange {
  table: TableName | 'collections';
  id: string;
}

/** Nothing: something has changed, and nobody knows what. */
export type Hear = (change?: RowChange) => void;

/** What operators follow beside their own. */
export const operatorsKey = 'operators';
const operatorsTables: ReadonlySet<TableName> = new Set([
  'accounts',
  'credentials',
  'storageDays',
  'tasks',
]);

/** What Imago keeps for itself. */
const untold: ReadonlySet<TableName> = new Set(['clientTokens', 'leases']);

interface Written {
  change: RowChange;
  seers: Set<string>;
}

/** As processes tell each other. */
type Told = [table: string, id: string, ...seers: string[]];

export class ChangeFeed {
  /** Whose writes are told. */
  readonly catalog: Catalog;
  readonly #under: Catalog;
  readonly #all = new Set<Hear>();
  readonly #byKey = new Map<string, Set<Hear>>();

  constructor(catalog: Catalog) {
    this.#under = catalog;
    catalog.notices?.hear((text) => this.#hearOthers(text));
    this.catalog = {
      read: (work) => catalog.read(work),
      write: (work) => this.#write(work),
      close: () => catalog.close(),
    };
  }

  /** From now on, of rows that have one of the keys (`seersOf`); until what it answers is called. */
  follow(keys: readonly string[], hear: Hear): () => void {
    this.#all.add(hear);
    for (const key of keys) this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(hear));
    return () => {
      this.#all.delete(hear);
      for (const key of keys) {
        const those = this.#byKey.get(key);
        those?.delete(hear);
        if (those?.size === 0) this.#byKey.delete(key);
      }
    };
  }

  /** Of what is no row: collections of garbage, of which operators hear. */
  tell(change: RowChange): void {
    this.#tell(change, [viewerKey('', operatorsKey)]);
  }

  async #write<T>(work: (transaction: CatalogTransaction) => Promise<T>): Promise<T> {
    if (this.#all.size === 0 && !this.#under.notices) {
      const result = await this.#under.write(work);
      // Whoever came meanwhile may have read rows as they were.
      this.#tellUnknown();
      return result;
    }
    let written = new Map<string, Written>();
    try {
      const result = await this.#under.write((transaction) => {
        written = new Map(); // after a serialisation failure it is run again
        return work(noting(transaction, written));
      });
      for (const { change, seers } of written.values()) this.#tell(change, seers);
      this.#tellOthers([...written.values()]);
      return result;
    } catch (error) {
      // It may be kept nevertheless.
      if (error instanceof CatalogUnavailableError) this.#tellUnknown();
      throw error;
    }
  }

  #tell(change: RowChange, seers: Iterable<string>): void {
    for (const seer of seers) {
      for (const hear of this.#byKey.get(seer) ?? []) hear(change);
    }
  }

  /** It may fail: whoever comes back hears that anything may have changed. */
  #tellOthers(written: readonly Written[]): void {
    if (written.length === 0) return;
    const told: Told[] = written.map(({ change, seers }) => [change.table, change.id, ...seers]);
    this.#under.notices?.tell(JSON.stringify(told)).catch(() => {});
  }

  #hearOthers(text: string | undefined): void {
    if (text === undefined) {
      this.#tellUnknown();
      return;
    }
    for (const [table, id, ...seers] of JSON.parse(text) as Told[]) {
      this.#tell({ table: table as RowChange['table'], id }, seers);
    }
  }

  #tellUnknown(): void {
    for (const hear of this.#all) hear();
  }
}

function noting(
  transaction: CatalogTransaction,
  written: Map<string, Written>,
): CatalogTransaction {
  return beforeWrites(transaction, async (name, table, id, row) => {
    if (untold.has(name)) return;
    const key = `${name}/${id}`;
    const seers = written.get(key)?.seers ?? new Set();
    written.set(key, { change: { table: name, id }, seers });
    // Also whoever does not see it any more.
    for (const each of [row, await table.get(id)]) {
      for (const seer of each ? seersOf(name, each) : []) seers.add(seer);
    }
  });
}

/** Who sees a row; of what is of no region, in all. */
function seersOf<N extends TableName>(table: N, row: Rows[N]): string[] {
  if (table === 'images') return imageViewers(row as ImageRow);
  if (table === 'snapshots') return snapshotViewers(row as SnapshotRow);
  const { account, region = '' }: { account?: string; region?: string } = row as object;
  const owner = table === 'accounts' ? row.id : account;
  const owners = owner === undefined ? [] : [viewerKey(region, owner)];
  return operatorsTables.has(table) ? [...owners, viewerKey(region, operatorsKey)] : owners;
}
