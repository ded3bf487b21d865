/** The table of temporary credentials. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function sessions(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'sessions');
}
