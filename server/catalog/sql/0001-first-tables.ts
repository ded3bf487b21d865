/**
 * The first tables: each a document (`doc`, JSON) with the columns that queries narrow by. Columns
 * with few different values (account, region, most states) have no index on purpose: a scan in
 * order of id is what a page wants, and the planner cannot mistake them for the selective ones.
 */
import type { MigrationSteps } from './migration-steps.ts';

interface TableDefinition {
  columns: readonly string[];
  indexes?: readonly string[];
  unique?: readonly (readonly string[])[];
}

const tables: Record<string, TableDefinition> = {
  accounts: { columns: [] },
  credentials: { columns: ['account'] },
  images: {
    columns: ['account', 'region', 'name', 'state'],
    indexes: ['name'],
    unique: [['account', 'region', 'name']],
  },
  snapshots: { columns: ['account', 'region', 'state', 'volumeId'], indexes: ['volumeId'] },
  volumes: { columns: ['account', 'region', 'state'] },
  instances: {
    columns: ['account', 'region', 'state', 'reservationId', 'subnetId', 'privateIp', 'publicIp'],
    indexes: ['reservationId', 'state', 'privateIp', 'publicIp'],
  },
  keyPairs: {
    columns: ['account', 'region', 'name'],
    indexes: ['name'],
    unique: [['account', 'region', 'name']],
  },
  vpcs: { columns: ['account', 'region'] },
  subnets: { columns: ['account', 'region', 'vpcId'] },
  securityGroups: {
    columns: ['account', 'region', 'vpcId', 'name'],
    unique: [['vpcId', 'name']],
  },
  tasks: { columns: ['state', 'kind', 'subject'], indexes: ['subject', 'state'] },
  clientTokens: {
    columns: ['account', 'region', 'action', 'token'],
    unique: [['account', 'region', 'action', 'token']],
  },
};

export async function firstTables({ queries, run, dialect }: MigrationSteps): Promise<void> {
  for (const [name, { columns, indexes = [], unique = [] }] of Object.entries(tables)) {
    let table = queries.schema
      .createTable(name)
      .addColumn('id', dialect.text, (column) => column.primaryKey().notNull())
      .addColumn('doc', 'text', (column) => column.notNull());
    for (const each of columns)
      table = table.addColumn(each, dialect.text, (column) => column.notNull());
    for (const set of unique) {
      // Kysely knows no column made in a loop.
      table = table.addUniqueConstraint(`${name}_${set.join('_')}_unique`, set as never);
    }
    await run(table.compile());
    for (const column of indexes) {
      const index = queries.schema
        .createIndex(`${name}_${column}`)
        .on(name)
        .columns([column, 'id']);
      await run(index.compile());
    }
  }
}
