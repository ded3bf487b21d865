/** The tables of manifests, and of the keys that sign them. */
import { createOwnedTable, createTable, type MigrationSteps } from './migration-steps.ts';

export async function provenance(steps: MigrationSteps): Promise<void> {
  await createTable(steps, 'signingKeys', ['account'], { account: ['account'] });
  await createOwnedTable(steps, 'imageManifests');
}
