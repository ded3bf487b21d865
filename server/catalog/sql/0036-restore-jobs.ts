/** The tables of restore jobs and legal holds. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function restoreJobs(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'restoreJobs');
  await createOwnedTable(steps, 'legalHolds');
}
