/** The tables of keys, their aliases and grants, and of the master key's check. */
import { createOwnedTable, createTable, type MigrationSteps } from './migration-steps.ts';

export async function kms(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'kmsKeys');
  await createOwnedTable(steps, 'kmsAliases', ['keyId'], { key: ['keyId'] });
  await createOwnedTable(steps, 'kmsGrants', ['keyId'], { key: ['keyId'] });
  await createTable(steps, 'masterKeys', [], {});
}
