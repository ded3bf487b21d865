/** Backups are their owner's: who sees an image of another launches it, and restores nothing. */
import { putForgetPolicy } from '../../../server/operations/imago/PutForgetPolicy.ts';
import { policyDetails } from '../../../server/operations/test-backup-policies.ts';
import type { AuthorisationTable, Naming } from '../table.ts';
import { byOne, ownOnly } from '../table.ts';

const backup: Naming = { path: 'BackupId', noun: 'image', seen: 'AuthFailure' };

export const table: AuthorisationTable = {
  nouns: {
    forgetPolicy: {
      async make(context) {
        const PolicyName = `policy-${context.ids.uuid()}`;
        const said = { SourceIds: ['i-0123456789abcdef0'], KeepLast: 1 };
        await putForgetPolicy.run({ PolicyName, ...said }, context);
        return PolicyName;
      },
      missing: 'nobodys',
      unseen: 'ResourceNotFoundException',
    },
  },
  actions: {
    // What is nobody's, or another's, has no backups that the caller sees.
    'imago.PutForgetPolicy': {
      with: { PolicyName: 'thin', SourceIds: ['i-0123456789abcdef0'], KeepLast: 1 },
      plain: ['PolicyName', 'SourceIds'],
    },
    'imago.DescribeForgetPolicies': {
      ...ownOnly,
      names: [{ path: 'PolicyName', noun: 'forgetPolicy' }],
    },
    'imago.DeleteForgetPolicy': byOne('PolicyName', 'forgetPolicy'),
    'imago.ListBackups': {
      // Of what others have there are simply none.
      names: [{ path: 'SourceId', noun: 'instance', unseen: 'ok' }],
    },
    'imago.DescribeBackup': byOne('BackupId', 'image', { seen: 'AuthFailure' }),
    'imago.ListBackupFiles': byOne('BackupId', 'systemImage', {
      seen: 'AuthFailure',
      plain: ['Name'],
    }),
    'imago.GetBackupArchive': byOne('BackupId', 'systemImage', {
      seen: 'AuthFailure',
      with: { Path: '/etc/passwd' },
    }),
    'imago.RestoreInstance': {
      needs: { BackupId: 'image' },
      plain: ['ExcludeDeviceNames', 'Name'],
      names: [
        backup,
        {
          path: 'InstanceId',
          noun: 'instance',
          without: 'BackupId',
          // There is none yet, and of others' there never is.
          owner: 'BackupNotFound',
          unseen: 'BackupNotFound',
        },
        { path: 'SubnetId', noun: 'subnet' },
        { path: 'SecurityGroupIds', noun: 'securityGroup' },
        { path: 'KeyName', noun: 'keyName' },
      ],
    },
    'imago.ForgetBackups': {
      with: { KeepLast: 1 },
      plain: ['KeepTags'],
      names: [
        { path: 'SourceId', noun: 'instance', unseen: 'ok' },
        {
          path: 'PolicyName',
          noun: 'forgetPolicy',
          without: 'KeepLast',
          with: { SourceId: 'i-0123456789abcdef0' },
        },
      ],
    },
    'imago.SimulateBackups': {
      with: { PolicyDetails: policyDetails() },
      plain: [
        'PolicyDetails.Schedules.Name',
        'PolicyDetails.Schedules.CrossRegionCopyRules.CmkArn',
        'PolicyDetails.Schedules.ShareRules.TargetAccounts',
      ],
      names: [
        { path: 'PolicyId', noun: 'backupPolicy', without: 'PolicyDetails' },
        { path: 'ForgetPolicyName', noun: 'forgetPolicy' },
        { path: 'SourceId', noun: 'instance', unseen: 'ok' },
      ],
    },
    'imago.RestoreVolume': {
      needs: { BackupId: 'image', InstanceId: 'instance' },
      plain: ['DeviceName'],
      names: [
        backup,
        { path: 'InstanceId', noun: 'instance' },
        {
          path: 'SourceId',
          noun: 'instance',
          without: 'BackupId',
          owner: 'BackupNotFound',
          unseen: 'BackupNotFound',
        },
      ],
    },
  },
};
