/** AWS Backup. */
import {
  iamRoleArn,
  makeJob,
  makeMachine,
  makePoint,
  makeVault,
} from '../../../server/operations/test-backups.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

const unseen = 'ResourceNotFoundException';
const noUuid = '00000000-0000-4000-8000-00000badc0de';
const inDefault = { with: { BackupVaultName: 'Default' } };

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
    'backup.StartBackupJob': byOne('BackupVaultName', 'backupVault', {
      with: { IamRoleArn: iamRoleArn },
      needs: { BackupVaultName: 'backupVault', ResourceArn: 'backedUpMachine' },
      names: [{ path: 'ResourceArn', noun: 'backedUpMachine' }],
      plain: ['IamRoleArn'],
    }),
    'backup.DescribeBackupJob': byOne('BackupJobId', 'backupJob'),
    'backup.ListBackupJobs': {
      plain: ['ByAccountId', 'ByBackupVaultName', 'ByResourceArn'],
    },
    'backup.ListRecoveryPointsByBackupVault': byOne('BackupVaultName', 'backupVault', {
      plain: ['BackupVaultAccountId', 'ByResourceArn'],
    }),
    'backup.DescribeRecoveryPoint': byOne('RecoveryPointArn', 'recoveryPoint', {
      ...inDefault,
      plain: ['BackupVaultAccountId', 'BackupVaultName'],
    }),
  },
};
