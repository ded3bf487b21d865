/** The table of root volumes' replacements. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function rootReplacements(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'rootReplacements', ['instanceId', 'state'], {
    instanceId: ['instanceId'],
  });
}
