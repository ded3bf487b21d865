/** The tables of parameters and of their versions. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function parameters(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'parameters');
  await createOwnedTable(steps, 'parameterVersions');
}
