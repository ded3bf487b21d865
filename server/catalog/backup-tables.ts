/** The part of tables.ts that is backups: of their services, drills, restores and remotes. */
import { nextLookAtJob } from './rows/backup-job.ts';
import { nextRunOf } from './rows/backup-plan.ts';
import { plannedRun, undoneOfPolicy } from './rows/backup-policy.ts';
import { copyDueOf, deletionOf, heldUntilOf, resourcePlace } from './rows/backup-vault.ts';
import { drillPlaces } from './rows/drill.ts';
import { lookAtLock } from './rows/lock-date.ts';
import {
  endedTransfer,
  farIdOfCopy,
  lineageOfCopy,
  sendingRemote,
  sourceOfTransfer,
  transferPlaces,
} from './rows/remote.ts';
import { openRestore, restorePlaces, validatingRestore } from './rows/restore-job.ts';
import type { RestoreTestingPlanRow } from './rows/restore-testing.ts';
import type { Rows, TableName } from './table-rows.ts';
import { sinceEnded, type TableSpec } from './table-spec.ts';

/** What has not begun yet is looked at in each round, whatever the clock is. */
function nextLook({ waiting = [], nextRunAt, nextLookAt }: RestoreTestingPlanRow): string[] {
  const at = waiting.length > 0 ? '0' : (nextLookAt ?? nextRunAt);
  return at === undefined ? [] : [at];
}

export const backupTableSpecs = {
  lifecyclePolicies: {
    columns: ['account', 'region'],
    keys: { nextRun: ({ nextRunAt }) => (nextRunAt === undefined ? [] : [nextRunAt]) },
    unique: [],
  },
  // Their ids are ARNs, but for those of jobs.
  backupVaults: {
    columns: ['account', 'region'],
    keys: { lockLook: ({ lock }) => lookAtLock(lock, lock?.lockDate) },
    unique: [],
  },
  recoveryPoints: {
    columns: ['account', 'region', 'vaultArn', 'resourceArn'],
    keys: {
      deletion: deletionOf,
      held: heldUntilOf,
      copyDue: copyDueOf,
      resource: resourcePlace,
    },
    unique: [],
  },
  protectedResources: { columns: ['account', 'region'], keys: {}, unique: [] },
  backupJobs: {
    columns: ['account', 'region'],
    keys: { ended: sinceEnded, nextLook: nextLookAtJob },
    unique: [],
  },
  copyJobs: { columns: ['account', 'region'], keys: { ended: sinceEnded }, unique: [] },
  drills: {
    columns: ['account', 'region', 'imageId', 'snapshotId', 'sourceId', 'state'],
    keys: { place: drillPlaces },
    unique: [],
  },
  drillChecks: { columns: ['account', 'region'], keys: {}, unique: [] },
  restoreJobs: {
    columns: ['account', 'region'],
    keys: {
      open: openRestore,
      validating: validatingRestore,
      place: restorePlaces,
      ended: ({ status, createdAt }) => sinceEnded({ state: status, createdAt }),
    },
    unique: [],
  },
  legalHolds: {
    columns: ['account', 'region'],
    keys: { retained: ({ retainedUntil }) => (retainedUntil ? [retainedUntil] : []) },
    unique: [],
  },
  backupPolicies: { columns: ['account', 'region'], keys: { nextRun: plannedRun }, unique: [] },
  backupSources: {
    columns: ['account', 'region'],
    keys: { nextLook: ({ nextLookAt }) => [nextLookAt], undone: undoneOfPolicy },
    unique: [],
  },
  forgetPolicies: { columns: ['account', 'region'], keys: { nextRun: plannedRun }, unique: [] },
  backupPlans: { columns: ['account', 'region'], keys: { nextRun: nextRunOf }, unique: [] },
  formerPlans: { columns: ['account', 'region', 'planId'], keys: {}, unique: [] },
  backupSelections: { columns: ['account', 'region', 'planId'], keys: {}, unique: [] },
  restoreTestingPlans: {
    columns: ['account', 'region'],
    keys: { nextRun: nextLook },
    unique: [],
  },
  remotes: {
    columns: ['account', 'region', 'name'],
    keys: { sends: sendingRemote },
    unique: [['account', 'region', 'name']],
  },
  remoteTransfers: {
    columns: ['account', 'region', 'remoteId', 'state'],
    keys: { source: sourceOfTransfer, ended: endedTransfer, place: transferPlaces },
    unique: [],
  },
  remoteCopies: {
    columns: ['account', 'region', 'remoteId'],
    keys: { lineage: lineageOfCopy, far: farIdOfCopy },
    unique: [],
  },
} as const satisfies { [N in TableName]?: TableSpec<Rows[N]> };
