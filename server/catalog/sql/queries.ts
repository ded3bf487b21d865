/**
 * The SQL of the catalog, built by Kysely so that every SQL database shares it. Only queries are
 * made here: how they are run, and what a violated constraint looks like, is each implementation's
 * own.
 */
import { type Compilable, type CompiledQuery, type Kysely, sql } from 'kysely';
import type { KeyRange, Query } from '../catalog.ts';
import type { Rows, TableName } from '../table-rows.ts';
import { type Column, columnText, type KeyValue, sequencedTables, tableSpecs } from '../tables.ts';
import { Conditions, type Narrowing, type PatternSyntax } from './conditions.ts';
import { KnownQueries, type SlottedQuery } from './known-queries.ts';
import { endOf } from './pattern-parts.ts';
import { rowColumns, type StoredRow, type StoredTables } from './stored-tables.ts';

export class TableQueries<N extends TableName> {
  readonly #database: Kysely<StoredTables>;
  // Kysely cannot follow a generic table name; all tables have the same shape here.
  readonly #table: 'images';
  readonly #columns: readonly Exclude<Column<N>, 'id'>[];
  readonly #conditions: Conditions<N>;
  /** The columns that a row is made of. */
  readonly #selected: string[];
  readonly #sequenced: boolean;
  /** What was compiled once: the text of statements that differ in their parameters only. */
  readonly #compiled = new Map<string, CompiledQuery>();
  readonly #limitsWalks: boolean;
  readonly #lists: KnownQueries<N>;
  readonly #counts: KnownQueries<N>;

  /** `limitsWalks`: the database merges no walks by itself (`#walk`). */
  constructor(
    database: Kysely<StoredTables>,
    name: N,
    patterns: PatternSyntax,
    limitsWalks = false,
  ) {
    this.#database = database;
    this.#limitsWalks = limitsWalks;
    this.#table = name as 'images';
    this.#columns = tableSpecs[name].columns as readonly Exclude<Column<N>, 'id'>[];
    this.#conditions = new Conditions(database, name, patterns);
    this.#sequenced = sequencedTables.has(name);
    this.#selected = rowColumns(name).map((column) => `${name}.${column} as ${column}`);
    this.#lists = new KnownQueries(patterns, (query) => this.#list(query));
    this.#counts = new KnownQueries(patterns, (query) => this.#count(query));
  }

  get(id: string): CompiledQuery {
    return this.#once('get', [id], () => this.#select().where(`${this.#table}.id`, '=', id));
  }

  /** Undefined when no row can match. */
  list(query: Query<N>): CompiledQuery | undefined {
    return this.#lists.get(query);
  }

  count(query: Query<N>): CompiledQuery | undefined {
    return this.#counts.get(query);
  }

  listKeys(key: string, { prefix, after, limit }: KeyRange): CompiledQuery {
    // One lower bound: planners take the first that they see, and would begin at the prefix again
    // for each page.
    const begins = after
      ? sql<boolean>`(keys.value, keys.id) > (${after.value}, ${after.id})`
      : sql<boolean>`keys.value >= ${prefix}`;
    const entries = this.#conditions.entries(key).select('keys.value').where(begins);
    // Everything begins with nothing.
    const ended = prefix === '' ? entries : entries.where('keys.value', '<', endOf(prefix));
    return ended.orderBy('keys.value').orderBy('keys.id').limit(limit).compile();
  }

  insert(row: Rows[N]): CompiledQuery {
    const first = { ...this.#stored(row), version: 1 };
    return this.#once('insert', Object.values(first), () => {
      const values = this.#sequenced ? { ...first, sequence: this.#nextSequence() } : first;
      return this.#database.insertInto(this.#table).values(values);
    });
  }

  /**
   * Changes no row when there is none with this id at the row's version. Set is only what differs
   * from `before`, the row as it is stored: databases write the indexes on a column that is set, be
   * its value the same.
   */
  update(before: Rows[N], row: Rows[N]): CompiledQuery {
    const { id, doc, version } = this.#stored(row);
    const old = this.#columnsOf(before);
    const changed = Object.entries(this.#columnsOf(row)).filter(
      ([name, text]) => text !== old[name],
    );
    const values: Partial<StoredRow> = { ...Object.fromEntries(changed), doc, version };
    const parameters = [...Object.values(values), id, version - 1];
    return this.#once(`update ${Object.keys(values)}`, parameters, () => {
      const update = this.#database.updateTable(this.#table).set(values).where('id', '=', id);
      return update.where('version', '=', version - 1);
    });
  }

  delete(id: string): CompiledQuery {
    return this.#once('delete', [id], () =>
      this.#database.deleteFrom(this.#table).where('id', '=', id),
    );
  }

  insertKeys(id: string, keys: readonly KeyValue[]): CompiledQuery {
    const values = keys.map(({ key: name, value }) => ({ tbl: this.#table, name, value, id }));
    return this.#once(`insert ${keys.length} keys`, values.flatMap(Object.values), () =>
      this.#database.insertInto('keys').values(values),
    );
  }

  deleteKey(id: string, { key, value }: KeyValue): CompiledQuery {
    return this.#once('delete key', [this.#table, key, value, id], () =>
      this.#database
        .deleteFrom('keys')
        .where('tbl', '=', this.#table)
        .where('name', '=', key)
        .where('value', '=', value)
        .where('id', '=', id),
    );
  }

  /** The parameters in the order in which the statement has them. */
  #once(name: string, parameters: unknown[], make: () => Compilable): CompiledQuery {
    const known = this.#compiled.get(name) ?? make().compile();
    this.#compiled.set(name, known);
    return { ...known, parameters };
  }

  #list(query: SlottedQuery): CompiledQuery | undefined {
    const narrowing = this.#conditions.of(query, true);
    if (!narrowing) return undefined;
    let select = narrowing.by ? this.#walk(narrowing, query) : this.#select();
    if (!narrowing.by) {
      for (const condition of narrowing.conditions) select = select.where(condition);
    }
    select = select.orderBy(narrowing.by ? 'id' : `${this.#table}.id`);
    return (query.limit === undefined ? select : select.limit(query.limit)).compile();
  }

  #count(query: SlottedQuery): CompiledQuery | undefined {
    const narrowing = this.#conditions.of(query, false);
    if (!narrowing) return undefined;
    let select = this.#database
      .selectFrom(this.#table)
      .select((is) => is.fn.countAll<number>().as('count'));
    for (const condition of narrowing.conditions) select = select.where(condition);
    return select.compile();
  }

  #select() {
    return this.#database.selectFrom(this.#table).select(this.#selected as 'images.doc'[]);
  }

  /**
   * The rows of some values of a key in order of id, each once: for each value a walk through its
   * part of the table of keys, all of them merged, those of an earlier value left out. Nothing is
   * sorted, and a limit ends all of them; of a database that does not see that, each of them has
   * the limit, and few rows are sorted.
   */
  #walk({ by, conditions }: Narrowing, { after, limit }: SlottedQuery) {
    const { key = '', values = [] } = by ?? {};
    const walks = values.map((value, index) => {
      let select = this.#database
        .selectFrom('keys')
        .crossJoin(this.#table)
        .select(this.#selected as 'images.doc'[])
        .select('keys.id as id')
        .where('keys.tbl', '=', this.#table)
        .where('keys.name', '=', key)
        .where('keys.value', '=', value)
        .whereRef(`${this.#table}.id`, '=', 'keys.id');
      if (after !== undefined) select = select.where('keys.id', '>', after);
      for (const condition of conditions) select = select.where(condition);
      const earlier = values.slice(0, index);
      if (earlier.length > 0) {
        select = select.where(({ not, exists }) => not(exists(this.#sameRow(key, earlier))));
      }
      if (!this.#limitsWalks || limit === undefined) return select;
      const limited = select.orderBy('keys.id').limit(limit).as('walked');
      return this.#database.selectFrom(limited).selectAll() as unknown as typeof select;
    });
    return walks.reduce((all, each) => all.unionAll(each) as typeof all);
  }

  /** That the row which is walked by has one of these values too. */
  #sameRow(key: string, values: readonly string[]) {
    return this.#database
      .selectFrom('keys as earlier')
      .select('earlier.id')
      .where('earlier.tbl', '=', this.#table)
      .where('earlier.name', '=', key)
      .where('earlier.value', 'in', values)
      .whereRef('earlier.id', '=', `${this.#table}.id` as 'earlier.id');
  }

  #stored(row: Rows[N]): StoredRow {
    const { version = 0, ...values } = row;
    const doc = JSON.stringify({ ...values, sequence: undefined });
    return { ...this.#columnsOf(row), id: row.id, doc, version: version + 1 };
  }

  #columnsOf(row: Rows[N]): Record<string, string> {
    const values = row as unknown as Record<string, unknown>;
    return Object.fromEntries(this.#columns.map((name) => [name, columnText(values[name])]));
  }

  /** The index on it answers. */
  #nextSequence() {
    return sql<number>`(select coalesce(max(sequence), 0) + 1 from ${sql.table(this.#table)})`;
  }
}
