/**
 * PORT: the catalog, where Imago's metadata lives. Implementations: sqlite/ (default), memory/ (tests);
 * PostgreSQL is to follow.
 * Every implementation passes catalog-suite.ts.
 *
 * Contract:
 * - `write` runs its work in one serialised transaction: all of it is durable (synced) when the promise resolves,
 *   nothing of it when the work throws. Work may be run again by an implementation after a serialisation failure, so it
 *   must have no effect besides the transaction.
 * - A write that found no room on the disk throws CatalogFullError, and nothing of it is kept.
 * - `read` sees one consistent, committed state.
 * - Rows are values: what is returned may be kept and changed by the caller without any effect on the catalog.
 * - Rows carry the version at which they were read, and `update` replaces a row only at that version: what was read in the
 *   same transaction always passes, what was read in an earlier one passes unless the row was changed since
 *   (StaleRowError). Who wants to change it nevertheless reads it again, inside.
 * - `list` and `scan` are ordered by id, bytewise.
 * It deliberately knows nothing of EC2's filters, states or errors: rules are in domain/.
 */
import type { AccountRow, AccountSettingsRow, CredentialRow } from './rows/account.ts';
import type { ClientTokenRow } from './rows/client-token.ts';
import type { ImageRow } from './rows/image.ts';
import type { InstanceRow } from './rows/instance.ts';
import type { KeyPairRow } from './rows/key-pair.ts';
import type { LeaseRow } from './rows/lease.ts';
import type { SecurityGroupRow, SubnetRow, VpcRow } from './rows/network.ts';
import type { SnapshotRow } from './rows/snapshot.ts';
import type { TaskRow } from './rows/task.ts';
import type { VolumeRow } from './rows/volume.ts';

export interface Rows {
  accounts: AccountRow;
  credentials: CredentialRow;
  images: ImageRow;
  snapshots: SnapshotRow;
  volumes: VolumeRow;
  instances: InstanceRow;
  keyPairs: KeyPairRow;
  vpcs: VpcRow;
  subnets: SubnetRow;
  securityGroups: SecurityGroupRow;
  tasks: TaskRow;
  clientTokens: ClientTokenRow;
  accountSettings: AccountSettingsRow;
  leases: LeaseRow;
}

export type TableName = keyof Rows;

/**
 * The columns a query may narrow by (kept as real columns, the selective ones with an index: see sql/); everything
 * else is in the document.
 * `unique` sets are enforced by the database.
 */
export const tableSpecs = {
  accounts: { indexed: [], unique: [] },
  credentials: { indexed: ['account'], unique: [] },
  images: {
    indexed: ['account', 'region', 'name', 'state'],
    unique: [['account', 'region', 'name']],
  },
  snapshots: { indexed: ['account', 'region', 'state', 'volumeId'], unique: [] },
  volumes: { indexed: ['account', 'region', 'state', 'host'], unique: [] },
  instances: {
    indexed: [
      'account',
      'region',
      'state',
      'reservationId',
      'subnetId',
      'privateIp',
      'publicIp',
      'host',
      'ownerUid',
    ],
    unique: [],
  },
  keyPairs: { indexed: ['account', 'region', 'name'], unique: [['account', 'region', 'name']] },
  vpcs: { indexed: ['account', 'region'], unique: [] },
  subnets: { indexed: ['account', 'region', 'vpcId'], unique: [] },
  securityGroups: { indexed: ['account', 'region', 'vpcId', 'name'], unique: [['vpcId', 'name']] },
  tasks: { indexed: ['state', 'kind', 'subject', 'host'], unique: [] },
  clientTokens: {
    indexed: ['account', 'region', 'action', 'token'],
    unique: [['account', 'region', 'action', 'token']],
  },
  accountSettings: { indexed: ['account', 'region'], unique: [] },
  leases: { indexed: [], unique: [] },
} as const satisfies {
  [N in TableName]: {
    indexed: readonly (keyof Rows[N])[];
    unique: readonly (readonly (keyof Rows[N])[])[];
  };
};

/** Their rows get `sequence` when they are inserted. */
export const sequencedTables: ReadonlySet<TableName> = new Set(['tasks']);

/** A member as its column has it, and as conditions name it: one that is absent is empty. */
export function columnText(value: unknown): string {
  return value === undefined ? '' : String(value);
}

export type IndexedColumn<N extends TableName> = (typeof tableSpecs)[N]['indexed'][number] | 'id';

/** Any of the patterns (pattern.ts) matches. None may be longer than `likeMaxChars`. */
export interface Like {
  like: readonly string[];
}

/** Far above what names have, and below what databases take (SQLite: 50,000 bytes, with its escapes). */
export const likeMaxChars = 4096;

export type Condition = string | readonly string[] | Like;

export function isLike(condition: Condition): condition is Like {
  return typeof condition === 'object' && 'like' in condition;
}

export interface Query<N extends TableName> {
  /** All given columns must match; an array means any of its values. */
  where?: { [C in IndexedColumn<N>]?: Condition };
  /** Only rows whose id is greater. */
  after?: string;
  limit?: number;
}

export interface TableReader<N extends TableName> {
  get(id: string): Promise<Rows[N] | undefined>;
  list(query?: Query<N>): Promise<Rows[N][]>;
  /** The same rows, one after the other, until `visit` answers false: for more of them than are to be held at once. */
  scan(query: Query<N>, visit: (row: Rows[N]) => boolean): Promise<void>;
  count(query?: Query<N>): Promise<number>;
}

export interface Table<N extends TableName> extends TableReader<N> {
  /** As version 1. Throws DuplicateRowError when the id or a unique set exists. */
  insert(row: Rows[N]): Promise<void>;
  /**
   * Replaces the row with this id, and answers it as it is now, for whoever will change it again. Throws MissingRowError when
   * there is none, StaleRowError when it is not at the version of `row` any more (or `row` was never read).
   */
  update(row: Rows[N]): Promise<Rows[N]>;
  /** Does nothing when there is no such row. */
  delete(id: string): Promise<void>;
}

export type CatalogReader = { readonly [N in TableName]: TableReader<N> };
export type CatalogTransaction = { readonly [N in TableName]: Table<N> };

export interface Catalog {
  read<T>(work: (reader: CatalogReader) => Promise<T>): Promise<T>;
  write<T>(work: (transaction: CatalogTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export class DuplicateRowError extends Error {
  override name = 'DuplicateRowError';
  readonly table: TableName;
  constructor(table: TableName, detail: string) {
    super(`a row of ${table} with the same ${detail} exists`);
    this.table = table;
  }
}

/** There is no room left for what was to be written. */
export class CatalogFullError extends Error {
  override name = 'CatalogFullError';
}

export class MissingRowError extends Error {
  override name = 'MissingRowError';
  constructor(table: TableName, id: string) {
    super(`${table} has no row ${id}`);
  }
}

/** Somebody else has changed the row since it was read. */
export class StaleRowError extends Error {
  override name = 'StaleRowError';
  constructor(table: TableName, id: string) {
    super(`the row ${id} of ${table} was changed since it was read`);
  }
}
