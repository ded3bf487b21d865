/** The tables of backup plans and their selections. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function backupPlans(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'backupPlans');
  await createOwnedTable(steps, 'backupSelections', ['planId'], { plan: ['planId'] });
}
