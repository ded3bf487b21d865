/** Policies that forget backups by restic's rules. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function forgetPolicies(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'forgetPolicies');
}
