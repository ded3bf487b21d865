/** The tables of documents of Systems Manager and of their versions. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function documents(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'documents');
  await createOwnedTable(steps, 'documentVersions');
}
