/** The table of copies of recovery points into other vaults. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function copyJobs(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'copyJobs');
}
