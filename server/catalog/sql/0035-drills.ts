/** Drills, which are found by their image. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function drills(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'drills', ['imageId', 'state'], {
    imageId: ['imageId'],
    state: ['state'],
  });
}
