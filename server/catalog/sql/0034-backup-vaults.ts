/** The tables of backup vaults, of what is in them, and of the jobs that put it there. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function backupVaults(steps: MigrationSteps): Promise<void> {
  await createOwnedTable(steps, 'backupVaults');
  await createOwnedTable(steps, 'recoveryPoints', ['vaultArn', 'resourceArn'], {
    vault: ['vaultArn'],
    resource: ['resourceArn'],
  });
  await createOwnedTable(steps, 'protectedResources');
  await createOwnedTable(steps, 'backupJobs');
}
