/** Volumes and snapshots. */
import { modifyVolume } from '../../../server/operations/ec2/volumes/ModifyVolume.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { insertProviderImage, insertSnapshot } from '../../../server/operations/test-images.ts';
import {
  attachedVolumeIds,
  insertRunningInstance,
} from '../../../server/operations/test-instances.ts';
import { type AuthorisationTable, byOne, kmsKeyId, type Naming, ownOnly } from '../table.ts';

/** Of the owner only: others who see it are told that it is not theirs. */
const ownSnapshot: Partial<Naming> = { seen: 'AuthFailure' };

const inZone = { AvailabilityZones: ['us-east-1a'] };

const unknownVolume = { missing: 'vol-0fedcba9876543210', unseen: 'InvalidVolume.NotFound' };

/** Of a running instance: its root and another. */
async function volumeIds(context: OperationContext): Promise<string[]> {
  const { id } = await insertRunningInstance(context, await insertProviderImage(context));
  return attachedVolumeIds(context, id);
}

export const table: AuthorisationTable = {
  nouns: {
    snapshot: {
      make: async (context) => (await insertSnapshot(context)).id,
      missing: 'snap-0fedcba9876543210',
      unseen: 'InvalidSnapshot.NotFound',
      sharings: ['shared', 'public'],
      share: ({ catalog }, id, permission) =>
        catalog.write(async ({ snapshots }) => {
          const row = await snapshots.get(id);
          if (row) await snapshots.update({ ...row, createVolumePermissions: [permission] });
        }),
    },
    archivedSnapshot: {
      async make(context) {
        const archive = { map: 'a'.repeat(64), host: context.site.hostId, sizeBytes: 1 };
        return (await insertSnapshot(context, { archive, root: undefined })).id;
      },
      missing: 'snap-0fedcba9876543210',
      unseen: 'InvalidSnapshot.NotFound',
    },
    volume: { make: async (context) => (await volumeIds(context))[0] ?? '', ...unknownVolume },
    dataVolume: { make: async (context) => (await volumeIds(context))[1] ?? '', ...unknownVolume },
    modifiedVolume: {
      async make(context) {
        const [VolumeId = ''] = await volumeIds(context);
        await modifyVolume.run({ VolumeId, Size: 9 }, context);
        return VolumeId;
      },
      ...unknownVolume,
    },
  },
  actions: {
    'ec2.CopySnapshot': byOne('SourceSnapshotId', 'snapshot', {
      seen: 'ok',
      with: { SourceRegion: 'us-east-1' },
      needs: { SourceSnapshotId: 'snapshot' },
      names: [kmsKeyId],
    }),
    'ec2.CreateSnapshot': byOne('VolumeId', 'volume'),
    'ec2.CreateSnapshots': byOne('InstanceSpecification.InstanceId', 'instance', {
      plain: ['InstanceSpecification.ExcludeDataVolumeIds'],
    }),
    'ec2.DescribeFastSnapshotRestores': ownOnly,
    // What cannot be is said of each snapshot: one that is seen may be enabled by who sees it.
    'ec2.EnableFastSnapshotRestores': byOne('SourceSnapshotIds', 'snapshot', {
      seen: 'ok',
      with: inZone,
    }),
    'ec2.DisableFastSnapshotRestores': byOne('SourceSnapshotIds', 'snapshot', {
      seen: 'ok',
      with: inZone,
    }),
    'ec2.DescribeSnapshotTierStatus': ownOnly,
    'ec2.ModifySnapshotTier': byOne('SnapshotId', 'snapshot', {
      ...ownSnapshot,
      with: { StorageTier: 'archive' },
    }),
    'ec2.RestoreSnapshotTier': byOne('SnapshotId', 'archivedSnapshot', {
      ...ownSnapshot,
      with: { PermanentRestore: true },
      needs: { SnapshotId: 'archivedSnapshot' },
    }),
    'ec2.DescribeLockedSnapshots': byOne('SnapshotIds', 'snapshot', { seen: 'ok' }),
    'ec2.LockSnapshot': byOne('SnapshotId', 'snapshot', {
      ...ownSnapshot,
      with: { LockMode: 'governance', LockDuration: 1 },
    }),
    'ec2.UnlockSnapshot': byOne('SnapshotId', 'snapshot', {
      ...ownSnapshot,
      owner: 'IncorrectState',
    }),
    'ec2.DeleteSnapshot': byOne('SnapshotId', 'snapshot', ownSnapshot),
    'ec2.DescribeSnapshotAttribute': byOne('SnapshotId', 'snapshot', {
      ...ownSnapshot,
      with: { Attribute: 'createVolumePermission' },
    }),
    'ec2.DescribeSnapshots': byOne('SnapshotIds', 'snapshot', { seen: 'ok' }),
    'ec2.DisableSnapshotBlockPublicAccess': ownOnly,
    'ec2.EnableSnapshotBlockPublicAccess': { with: { State: 'block-new-sharing' } },
    'ec2.GetSnapshotBlockPublicAccessState': ownOnly,
    'ec2.ModifySnapshotAttribute': byOne('SnapshotId', 'snapshot', {
      ...ownSnapshot,
      with: { CreateVolumePermission: { Add: [{ UserId: '999999999999' }] } },
      plain: ['GroupNames'],
    }),
    'ec2.ResetSnapshotAttribute': byOne('SnapshotId', 'snapshot', {
      ...ownSnapshot,
      with: { Attribute: 'createVolumePermission' },
    }),
    'ec2.AttachVolume': byOne('VolumeId', 'leftVolume', {
      with: { Device: '/dev/sdh' },
      needs: { InstanceId: 'instance', VolumeId: 'leftVolume' },
      names: [{ path: 'InstanceId', noun: 'instance' }],
    }),
    'ec2.CopyVolumes': byOne('SourceVolumeId', 'volume', {
      needs: { SourceVolumeId: 'volume' },
      names: [kmsKeyId],
    }),
    'ec2.CreateVolume': byOne('SnapshotId', 'snapshot', {
      seen: 'ok',
      with: { AvailabilityZone: 'us-east-1a' },
      names: [{ ...kmsKeyId, with: { Encrypted: true, Size: 1 } }],
    }),
    'ec2.DisableEbsEncryptionByDefault': ownOnly,
    'ec2.EnableEbsEncryptionByDefault': ownOnly,
    'ec2.GetEbsDefaultKmsKeyId': ownOnly,
    'ec2.GetEbsEncryptionByDefault': ownOnly,
    'ec2.ModifyEbsDefaultKmsKeyId': byOne('KmsKeyId', 'kmsKey', {
      unseen: 'InvalidKMSKey.NotFound',
    }),
    'ec2.ResetEbsDefaultKmsKeyId': ownOnly,
    'ec2.DescribeVolumeAttribute': byOne('VolumeId', 'volume', {
      with: { Attribute: 'autoEnableIO' },
    }),
    'ec2.DescribeVolumeStatus': byOne('VolumeIds', 'volume'),
    'ec2.DescribeVolumes': byOne('VolumeIds', 'volume'),
    'ec2.DescribeVolumesModifications': byOne('VolumeIds', 'modifiedVolume'),
    'ec2.DetachVolume': byOne('VolumeId', 'dataVolume', {
      needs: { VolumeId: 'dataVolume' },
      // Whether there is such an instance is not told.
      names: [
        {
          path: 'InstanceId',
          noun: 'instance',
          owner: 'InvalidAttachment.NotFound',
          unseen: 'InvalidAttachment.NotFound',
        },
      ],
    }),
    'ec2.EnableVolumeIO': byOne('VolumeId', 'volume'),
    'ec2.ModifyVolume': byOne('VolumeId', 'volume', { with: { Size: 9 } }),
    'ec2.ModifyVolumeAttribute': byOne('VolumeId', 'volume', {
      with: { AutoEnableIO: { Value: true } },
    }),
  },
};
