/** The tables of the marketplace's products and their subscribers, and of reports on images. */
import { createOwnedTable, createTable, type MigrationSteps } from './migration-steps.ts';

export async function marketplace(steps: MigrationSteps): Promise<void> {
  for (const name of ['products', 'subscriptions']) {
    await createTable(steps, name, ['account'], { owner: ['account'] });
  }
  await createOwnedTable(steps, 'imageUsageReports');
}
