/** The table of temporary credentials. */
import { createTable, type MigrationSteps } from './migration-steps.ts';

export function sessions(steps: MigrationSteps): Promise<void> {
  return createTable(steps, 'sessions', ['account'], { owner: ['account'] });
}
