/** The table of what backup plans said before they were changed. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function formerPlans(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'formerPlans', ['planId'], { plan: ['planId'] });
}
