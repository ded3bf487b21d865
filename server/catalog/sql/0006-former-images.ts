/** The table of images that have been deregistered. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function formerImages(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'formerImages');
}
