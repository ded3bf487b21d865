/** Restore testing plans. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function restoreTesting(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'restoreTestingPlans');
}
