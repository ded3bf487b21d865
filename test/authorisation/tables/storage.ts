/** Volumes and snapshots. */
import { insertProviderImage, insertSnapshot } from '../../../server/operations/test-images.ts';
import {
  attachedVolumeIds,
  insertRunningInstance,
} from '../../../server/operations/test-instances.ts';
import { type AuthorisationTable, byOne, type Naming, ownOnly } from '../table.ts';

/** Of the owner only: others who see it are told that it is not theirs. */
const ownSnapshot: Partial<Naming> = { seen: 'AuthFailure' };

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
    volume: {
      async make(context) {
        const image = await insertProviderImage(context);
        const { id } = await insertRunningInstance(context, image);
        return (await attachedVolumeIds(context, id))[0] ?? '';
      },
      missing: 'vol-0fedcba9876543210',
      unseen: 'InvalidVolume.NotFound',
    },
  },
  actions: {
    'ec2.CopySnapshot': byOne('SourceSnapshotId', 'snapshot', {
      seen: 'ok',
      with: { SourceRegion: 'us-east-1' },
    }),
    'ec2.CreateSnapshot': byOne('VolumeId', 'volume'),
    'ec2.CreateSnapshots': byOne('InstanceSpecification.InstanceId', 'instance', {
      plain: ['InstanceSpecification.ExcludeDataVolumeIds'],
    }),
    'ec2.DescribeFastSnapshotRestores': ownOnly,
    'ec2.DescribeSnapshotTierStatus': ownOnly,
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
    'ec2.DescribeVolumes': byOne('VolumeIds', 'volume'),
  },
};
