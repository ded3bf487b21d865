/**
 * The schema's history: the nth entry takes a catalog from version n - 1 to n. Entries are never
 * changed once released; a change of the schema (or of the documents) is a new entry. An entry
 * names tables as strings only: what they are called and made of today is no part of the past.
 *
 * An optional member of a row needs no entry: rows without it are rows of before. A column needs
 * one, and a table whose key functions changed (../tables.ts) one that names it in `keys`, be it
 * otherwise empty.
 */
import { firstTables } from './0001-first-tables.ts';
import { versionsAndLeases } from './0002-versions-and-leases.ts';
import { keysWithManyValues } from './0003-keys.ts';
import { formerImages } from './0006-former-images.ts';
import { securityGroupRules } from './0007-security-group-rules.ts';
import { accountColumns } from './0008-accounts.ts';
import { publicSnapshots } from './0009-public-snapshots.ts';
import { launchTemplates } from './0010-launch-templates.ts';
import { marketplace } from './0012-marketplace.ts';
import { fleets } from './0013-fleets.ts';
import { rootReplacements } from './0014-root-replacements.ts';
import { recycleRules } from './0015-recycle-rules.ts';
import { recycledSnapshots } from './0016-recycled-snapshots.ts';
import { parameters } from './0017-parameters.ts';
import { viewersKeys } from './0019-viewers-keys.ts';
import { recycledVolumes } from './0020-recycled-volumes.ts';
import { sessions } from './0023-sessions.ts';
import { kms } from './0024-kms.ts';
import { importTasks } from './0025-import-tasks.ts';
import { exportTasks } from './0026-export-tasks.ts';
import { storageDays } from './0027-storage-days.ts';
import { fastRestores } from './0029-fast-restores.ts';
import { provenance } from './0030-provenance.ts';
import { imageBuilder } from './0031-image-builder.ts';
import { backupVaults } from './0034-backup-vaults.ts';
import { drills } from './0035-drills.ts';
import { restoreJobs } from './0036-restore-jobs.ts';
import { backupPolicies } from './0038-backup-policies.ts';
import { backupPlans } from './0039-backup-plans.ts';
import { restoreTesting } from './0040-restore-testing.ts';
import { copyJobs } from './0041-copy-jobs.ts';
import { documents } from './0042-documents.ts';
import { drillsOfSnapshots } from './0043-drills-of-snapshots.ts';
import { remotes } from './0044-remotes.ts';
import { formerPlans } from './0045-former-plans.ts';
import { forgetPolicies } from './0046-forget-policies.ts';
import { drillChecks } from './0047-drill-checks.ts';
import type { MigrationSteps } from './migration-steps.ts';
import { rebuildKeys } from './rebuild-keys.ts';

export interface Migration {
  run(steps: MigrationSteps): Promise<void>;
  /** Tables that have rows whose keys are other ones afterwards. */
  keys?: readonly string[];
}

const taggedAtFirst = [
  'images',
  'snapshots',
  'volumes',
  'instances',
  'keyPairs',
  'vpcs',
  'subnets',
  'securityGroups',
];

export const migrations: readonly Migration[] = [
  { run: firstTables },
  { run: versionsAndLeases },
  { run: keysWithManyValues, keys: taggedAtFirst },
  // Rows are found by the names of their tags, too.
  { run: async () => {}, keys: taggedAtFirst },
  // Client tokens by age, instances that are not at rest by type.
  { run: async () => {}, keys: ['clientTokens', 'instances'] },
  { run: formerImages },
  { run: securityGroupRules, keys: ['securityGroupRules'] },
  { run: accountColumns },
  { run: publicSnapshots, keys: ['snapshots'] },
  { run: launchTemplates },
  // Instances are found by their network interfaces.
  { run: async () => {}, keys: ['instances'] },
  { run: marketplace },
  { run: fleets },
  { run: rootReplacements },
  { run: recycleRules },
  { run: recycledSnapshots },
  { run: parameters },
  // Instances are found by the tags of their network interfaces.
  { run: async () => {}, keys: ['instances'] },
  { run: viewersKeys, keys: ['images', 'snapshots'] },
  { run: recycledVolumes },
  // Parameters are found by the images that they name.
  { run: async () => {}, keys: ['parameters'] },
  // Images are found by what they were made of.
  { run: async () => {}, keys: ['images', 'formerImages'] },
  { run: sessions },
  { run: kms },
  { run: importTasks },
  { run: exportTasks },
  { run: storageDays },
  // Those that have ended are found by their age.
  {
    run: async () => {},
    keys: [
      'importSnapshotTasks',
      'importImageTasks',
      'exportImageTasks',
      'exportInstanceTasks',
      'storeImageTasks',
    ],
  },
  { run: fastRestores },
  { run: provenance },
  { run: imageBuilder },
  // Grants are found by who may retire them.
  { run: async () => {}, keys: ['kmsGrants'] },
  // Recipes are found by their parent.
  { run: async () => {}, keys: ['imageRecipes'] },
  { run: backupVaults },
  { run: drills },
  // Recovery points are found by the end of their lifecycle.
  { run: restoreJobs, keys: ['recoveryPoints'] },
  { run: backupPolicies },
  { run: backupPlans },
  { run: restoreTesting },
  { run: copyJobs },
  { run: documents },
  { run: drillsOfSnapshots },
  { run: remotes },
  { run: formerPlans },
  { run: forgetPolicies },
  { run: drillChecks },
  // Drills are found by when they began.
  { run: async () => {}, keys: ['drills'] },
  // So are transfers to and from remotes.
  { run: async () => {}, keys: ['remoteTransfers'] },
  // Locks are found by their dates, and recovery points by how long something holds them.
  { run: async () => {}, keys: ['backupVaults', 'snapshots', 'recoveryPoints'] },
  // What there are recovery points of is found by region.
  { run: async () => {}, keys: ['recoveryPoints'] },
  // Tests are found by their plan, and drills by the job whose test they are.
  { run: async () => {}, keys: ['restoreJobs', 'drills'] },
];

export const schemaVersion = migrations.length;

/** From that version to this one, in the transaction that `steps` work in. */
export async function migrateFrom(version: number, steps: MigrationSteps): Promise<void> {
  const missing = migrations.slice(version);
  for (const { run } of missing) await run(steps);
  await rebuildKeys(steps, new Set(missing.flatMap(({ keys = [] }) => keys)));
}

/** What is said when the catalog is of a later version than this Imago knows. */
export function newerCatalog(where: string, version: number): Error {
  return new Error(
    `${where} was written by a newer Imago (schema ${version}; this one knows up to ${schemaVersion}): start that one, or use another home folder`,
  );
}
