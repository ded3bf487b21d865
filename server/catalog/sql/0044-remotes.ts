/** Remotes, what was sent there and fetched from there, and which snapshot is which one there. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function remotes(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'remotes', ['name']);
  const { queries, run } = steps;
  const names = queries.schema.createIndex('remotes_name').on('remotes').unique();
  await run(names.columns(['account', 'region', 'name']).compile());
  await createOwnedTable(steps, 'remoteTransfers', ['remoteId', 'state'], {
    remote: ['remoteId', 'state'],
  });
  await createOwnedTable(steps, 'remoteCopies', ['remoteId'], { remote: ['remoteId'] });
}
