/**
 * The end of an account: refused while it has anything, with what that is; what it was given or
 * what is only memory goes with it. A table that this file does not name keeps an account from
 * being deleted as long as it has rows of it.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction, Table } from '../catalog/catalog.ts';
import type { AccountRow } from '../catalog/rows/account.ts';
import { isBuilding } from '../catalog/rows/image-build.ts';
import type { Rows, TableName } from '../catalog/table-rows.ts';
import { tableNames, tableSpecs } from '../catalog/tables.ts';
import { checkIsCustomer, notPermitted } from './accounts.ts';
import { defaultGroupName } from './security-groups.ts';
import { isFinished } from './tasks.ts';

type OwnedTable = {
  [N in TableName]: 'account' extends (typeof tableSpecs)[N]['columns'][number] ? N : never;
}[TableName];

/** Rows that go with their account. */
const given: { [N in OwnedTable]?: (row: Rows[N]) => boolean } = {
  credentials: () => true,
  sessions: () => true,
  accountSettings: () => true,
  subscriptions: () => true,
  imageUsageReports: () => true,
  recycleRules: () => true,
  clientTokens: () => true,
  tasks: isFinished,
  // They are remembered for instances; those in the recycle bin can still come back.
  formerImages: ({ recycledUntil }) => recycledUntil === undefined,
  // Shown for a while; the machine is gone.
  instances: ({ state }) => state === 'terminated',
  vpcs: ({ isDefault }) => isDefault,
  subnets: ({ isDefault }) => isDefault,
  securityGroups: ({ name }) => name === defaultGroupName,
  // Those of other groups go as well: the groups themselves keep the account.
  securityGroupRules: () => true,
  // They say what became of an instance, and go with it otherwise.
  rootReplacements: () => true,
  // So do versions, and the templates.
  launchTemplateVersions: () => true,
  // Nothing but memory, and a launch finds its image when it is asked for.
  parameters: () => true,
  parameterVersions: () => true,
  documents: () => true,
  documentVersions: () => true,
  // Their instances keep it, as long as they live.
  fleets: () => true,
  // What was encrypted under them has kept the account, or was another's by a grant.
  kmsKeys: () => true,
  kmsAliases: () => true,
  kmsGrants: () => true,
  // What they made keeps it.
  importSnapshotTasks: () => true,
  importImageTasks: () => true,
  exportImageTasks: () => true,
  exportInstanceTasks: () => true,
  storeImageTasks: () => true,
  // Images keep it; of those that are no more the manifests say nothing to anybody.
  imageManifests: () => true,
  signingKeys: () => true,
  // What Image Builder made of them keeps it.
  components: () => true,
  imageRecipes: () => true,
  infrastructureConfigurations: () => true,
  distributionConfigurations: () => true,
  imagePipelines: () => true,
  imageBuilds: (row) => !isBuilding(row),
  lifecyclePolicies: () => true,
  // What is in them keeps it.
  backupVaults: () => true,
  backupJobs: ({ state }) => state !== 'RUNNING' && state !== 'CREATED',
  copyJobs: ({ state }) => state !== 'RUNNING',
  // Of images that are no more, or of others.
  drills: ({ state }) => state !== 'running',
  drillChecks: () => true,
  restoreTestingPlans: () => true,
  restoreJobs: () => true,
  backupPlans: () => true,
  formerPlans: () => true,
  backupSelections: () => true,
  // An active one holds what may come, and keeps it.
  legalHolds: ({ status }) => status === 'CANCELED',
  // What they made keeps it.
  backupPolicies: () => true,
  backupSources: () => true,
  forgetPolicies: () => true,
  remotes: () => true,
  // One that is under way reads what keeps it, or makes it.
  remoteTransfers: ({ state }) => state !== 'running',
  remoteCopies: () => true,
};

const rowsAtATime = 500;

export async function removeAccount(
  transaction: CatalogTransaction,
  caller: { account: string },
  account: AccountRow,
): Promise<void> {
  checkIsCustomer(account);
  if (account.id === caller.account) throw notPermitted('An account cannot delete itself.');
  const owned: string[] = [];
  for (const name of ownedTables()) {
    const left = await removeGiven(transaction, name, account.id);
    if (left > 0) owned.push(`${left} ${spoken(name)}`);
  }
  // What was removed above is not, as the transaction fails.
  if (owned.length > 0) {
    const held = await heldBy(transaction, account.id);
    const first = 'terminate, deregister and delete them first';
    throw new ServiceError(
      'DeleteConflict',
      `Account ${account.id} still has ${owned.join(', ')}: ${first}${held ? `, once ${held}` : ''}.`,
    );
  }
  await transaction.accounts.delete(account.id);
}

/** What has to end before they can be deleted, where that is more than an action away. */
async function heldBy(
  { backupVaults, legalHolds, snapshots }: CatalogTransaction,
  account: string,
): Promise<string | undefined> {
  const where = { account };
  const holds = await legalHolds.list({ where });
  const isHeld = holds.some(({ status }) => status !== 'CANCELED');
  const vaults = await backupVaults.list({ where });
  const isVaultLocked = vaults.some(({ lock }) => lock !== undefined);
  const some = await snapshots.list({ where, limit: rowsAtATime });
  const reasons = [
    isHeld && 'its legal holds are cancelled',
    isVaultLocked && 'what locked vaults retain has had its time',
    some.some(({ lock }) => lock !== undefined) && 'its snapshots are unlocked',
  ];
  return reasons.filter((reason) => reason !== false).join(', ') || undefined;
}

function ownedTables(): OwnedTable[] {
  return tableNames.filter((name): name is OwnedTable =>
    (tableSpecs[name].columns as readonly string[]).includes('account'),
  );
}

/** How many others there are. */
async function removeGiven<N extends OwnedTable>(
  transaction: CatalogTransaction,
  name: N,
  account: string,
): Promise<number> {
  // TypeScript cannot follow that every table of these has the column.
  const table = transaction[name] as unknown as Table<'images'>;
  const isGiven = given[name] as ((row: Rows['images']) => boolean) | undefined;
  for (let after: string | undefined = isGiven && ''; isGiven && after !== undefined; ) {
    const rows = await table.list({ where: { account }, after, limit: rowsAtATime });
    for (const { id } of rows.filter(isGiven)) await table.delete(id);
    after = rows.length < rowsAtATime ? undefined : rows.at(-1)?.id;
  }
  return table.count({ where: { account } });
}

/** `key pairs` of the table `keyPairs`. */
function spoken(name: OwnedTable): string {
  if (name === 'formerImages') return 'images in the recycle bin';
  if (name === 'recycledSnapshots') return 'snapshots in the recycle bin';
  if (name === 'recycledVolumes') return 'volumes in the recycle bin';
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
