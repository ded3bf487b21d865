/** The tables of exports to disk files, and of images that are stored as files. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function exportTasks(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'exportImageTasks');
  await createOwnedTable(steps, 'exportInstanceTasks');
  await createOwnedTable(steps, 'storeImageTasks', ['imageId'], { imageId: ['imageId'] });
}
