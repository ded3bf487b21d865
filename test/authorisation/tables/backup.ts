/** AWS Backup. */
import {
  iamRoleArn,
  makeCopyJob,
  makeHold,
  makeJob,
  makeMachine,
  makePlan,
  makePoint,
  makeRestore,
  makeVault,
} from '../../../server/operations/test-backups.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

const unseen = 'ResourceNotFoundException';
const noUuid = '00000000-0000-4000-8000-00000badc0de';
const inDefault = { with: { BackupVaultName: 'Default' } };

const planNames = [
  'BackupPlan.BackupPlanName',
  'BackupPlan.Rules.RuleName',
  'BackupPlan.Rules.TargetBackupVaultName',
];
const copyTo = {
  path: 'BackupPlan.Rules.CopyActions.DestinationBackupVaultArn',
  noun: 'vaultArn',
};
const plan = {
  BackupPlanName: 'made',
  Rules: [{ RuleName: 'daily', TargetBackupVaultName: 'Default' }],
};

export const table: AuthorisationTable = {
  nouns: {
    backupVault: { make: (context) => makeVault(context), missing: 'no-such-vault', unseen },
    backedUpMachine: {
      make: (context) => makeMachine(context),
      missing: 'arn:aws:ec2:us-east-1:999999999999:instance/i-00000000000badc0d',
      unseen,
    },
    backupJob: {
      make: async (context) => (await makeJob(context)).BackupJobId,
      missing: noUuid,
      unseen,
    },
    copyJob: { make: (context) => makeCopyJob(context), missing: noUuid, unseen },
    backupPlan: { make: (context) => makePlan(context), missing: noUuid, unseen },
    legalHold: { make: (context) => makeHold(context), missing: noUuid, unseen },
    restoreJob: { make: (context) => makeRestore(context), missing: noUuid, unseen },
    vaultArn: {
      async make(context) {
        const { account, region } = context.caller;
        const name = await makeVault(context);
        return `arn:aws:backup:${region}:${account}:backup-vault:${name}`;
      },
      missing: 'arn:aws:backup:us-east-1:999999999999:backup-vault:no-such-vault',
      unseen,
    },
    protectedResource: {
      make: async (context) => (await makePoint(context)).ResourceArn,
      missing: 'arn:aws:ec2:us-east-1:999999999999:instance/i-00000000000badc0d',
      unseen,
    },
    /** In the default vault. */
    recoveryPoint: {
      make: async (context) => (await makePoint(context)).RecoveryPointArn,
      missing: 'arn:aws:ec2:us-east-1::image/ami-00000000000badc0d',
      unseen,
    },
  },
  actions: {
    'backup.CreateBackupVault': {
      with: { BackupVaultName: 'made' },
      plain: ['BackupVaultName', 'CreatorRequestId'],
    },
    'backup.DescribeBackupVault': byOne('BackupVaultName', 'backupVault', {
      plain: ['BackupVaultAccountId'],
    }),
    'backup.ListBackupVaults': ownOnly,
    'backup.DeleteBackupVault': byOne('BackupVaultName', 'backupVault'),
    'backup.PutBackupVaultLockConfiguration': byOne('BackupVaultName', 'backupVault', {
      with: { MinRetentionDays: 7 },
    }),
    'backup.DeleteBackupVaultLockConfiguration': byOne('BackupVaultName', 'backupVault'),
    'backup.StopBackupJob': byOne('BackupJobId', 'backupJob'),
    'backup.UpdateRecoveryPointLifecycle': byOne('RecoveryPointArn', 'recoveryPoint', {
      ...inDefault,
      plain: ['BackupVaultName'],
    }),
    'backup.DeleteRecoveryPoint': byOne('RecoveryPointArn', 'recoveryPoint', {
      ...inDefault,
      plain: ['BackupVaultName'],
    }),
    'backup.ListRecoveryPointsByResource': byOne('ResourceArn', 'protectedResource', {
      unseen: 'ok',
    }),
    'backup.ListProtectedResources': ownOnly,
    'backup.DescribeProtectedResource': byOne('ResourceArn', 'protectedResource'),
    'backup.CreateBackupPlan': {
      with: { BackupPlan: plan },
      names: [copyTo],
      plain: [...planNames, 'CreatorRequestId'],
    },
    'backup.GetBackupPlan': byOne('BackupPlanId', 'backupPlan', { plain: ['VersionId'] }),
    'backup.ListBackupPlanVersions': byOne('BackupPlanId', 'backupPlan'),
    'backup.ListBackupPlans': ownOnly,
    'backup.UpdateBackupPlan': byOne('BackupPlanId', 'backupPlan', {
      with: { BackupPlan: plan },
      needs: { BackupPlanId: 'backupPlan' },
      names: [copyTo],
      plain: planNames,
    }),
    'backup.DeleteBackupPlan': byOne('BackupPlanId', 'backupPlan'),
    'backup.CreateBackupSelection': byOne('BackupPlanId', 'backupPlan', {
      with: { BackupSelection: { SelectionName: 'all', IamRoleArn: iamRoleArn } },
      // What it chooses is of its account alone.
      plain: [
        'CreatorRequestId',
        'BackupSelection.IamRoleArn',
        'BackupSelection.SelectionName',
        'BackupSelection.Resources',
        'BackupSelection.NotResources',
      ],
    }),
    'backup.GetBackupSelection': byOne('BackupPlanId', 'backupPlan', {
      with: { SelectionId: noUuid },
      plain: ['SelectionId'],
      owner: unseen,
    }),
    'backup.ListBackupSelections': byOne('BackupPlanId', 'backupPlan'),
    'backup.DeleteBackupSelection': byOne('BackupPlanId', 'backupPlan', {
      with: { SelectionId: noUuid },
      plain: ['SelectionId'],
      owner: unseen,
    }),
    'backup.CreateLegalHold': {
      with: {
        Title: 'made',
        Description: 'made',
        RecoveryPointSelection: { VaultNames: ['held'] },
      },
      // Of what comes, too.
      plain: ['RecoveryPointSelection.VaultNames', 'RecoveryPointSelection.ResourceIdentifiers'],
    },
    'backup.GetLegalHold': byOne('LegalHoldId', 'legalHold'),
    'backup.ListLegalHolds': ownOnly,
    'backup.CancelLegalHold': byOne('LegalHoldId', 'legalHold', {
      with: { CancelDescription: 'over' },
    }),
    'backup.ListRecoveryPointsByLegalHold': byOne('LegalHoldId', 'legalHold'),
    'backup.GetRecoveryPointRestoreMetadata': byOne('RecoveryPointArn', 'recoveryPoint', {
      ...inDefault,
      plain: ['BackupVaultAccountId', 'BackupVaultName'],
    }),
    'backup.GetRestoreTestingInferredMetadata': byOne('RecoveryPointArn', 'recoveryPoint', {
      ...inDefault,
      plain: ['BackupVaultAccountId', 'BackupVaultName'],
    }),
    'backup.StartRestoreJob': byOne('RecoveryPointArn', 'recoveryPoint', {
      with: { Metadata: {} },
      plain: ['IamRoleArn'],
    }),
    'backup.DescribeRestoreJob': byOne('RestoreJobId', 'restoreJob'),
    'backup.GetRestoreJobMetadata': byOne('RestoreJobId', 'restoreJob'),
    'backup.ListRestoreJobs': { plain: ['ByAccountId', 'ByRestoreTestingPlanArn'] },
    'backup.TagResource': byOne('ResourceArn', 'vaultArn', { with: { Tags: { a: 'b' } } }),
    'backup.UntagResource': byOne('ResourceArn', 'vaultArn', { with: { TagKeyList: ['a'] } }),
    'backup.ListTags': byOne('ResourceArn', 'vaultArn'),
    'backup.StartBackupJob': byOne('BackupVaultName', 'backupVault', {
      with: { IamRoleArn: iamRoleArn },
      needs: { BackupVaultName: 'backupVault', ResourceArn: 'backedUpMachine' },
      names: [{ path: 'ResourceArn', noun: 'backedUpMachine' }],
      plain: ['IamRoleArn'],
    }),
    'backup.StartCopyJob': byOne('RecoveryPointArn', 'recoveryPoint', {
      with: { SourceBackupVaultName: 'Default', IamRoleArn: iamRoleArn },
      needs: { DestinationBackupVaultArn: 'vaultArn', RecoveryPointArn: 'recoveryPoint' },
      names: [{ path: 'DestinationBackupVaultArn', noun: 'vaultArn' }],
      plain: ['IamRoleArn', 'SourceBackupVaultName'],
    }),
    'backup.DescribeCopyJob': byOne('CopyJobId', 'copyJob'),
    'backup.ListCopyJobs': {
      plain: ['ByAccountId', 'ByDestinationVaultArn', 'ByResourceArn', 'BySourceRecoveryPointArn'],
    },
    'backup.DescribeBackupJob': byOne('BackupJobId', 'backupJob'),
    'backup.ListBackupJobs': {
      plain: ['ByAccountId', 'ByBackupVaultName', 'ByResourceArn'],
    },
    'backup.ListRecoveryPointsByBackupVault': byOne('BackupVaultName', 'backupVault', {
      plain: ['BackupVaultAccountId', 'ByBackupPlanId', 'ByResourceArn'],
    }),
    'backup.DescribeRecoveryPoint': byOne('RecoveryPointArn', 'recoveryPoint', {
      ...inDefault,
      plain: ['BackupVaultAccountId', 'BackupVaultName'],
    }),
  },
};
