/** Policies of the Data Lifecycle Manager, and their sources. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function backupPolicies(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'backupPolicies');
  await createOwnedTable(steps, 'backupSources');
}
