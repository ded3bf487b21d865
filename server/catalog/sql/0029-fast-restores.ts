/** The table of fast snapshot restores. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function fastRestores(steps: MigrationSteps): Promise<void> {
  const indexes = { snapshot: ['snapshotId'], state: ['state'] };
  return createOwnedTable(steps, 'fastRestores', ['snapshotId', 'state'], indexes);
}
