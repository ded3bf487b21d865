/** Volumes and snapshots. */
import { insertProviderImage, insertSnapshot } from '../../../server/operations/test-images.ts';
import {
  attachedVolumeIds,
  insertRunningInstance,
} from '../../../server/operations/test-instances.ts';
import { type AuthorisationTable, byOne } from '../table.ts';

export const table: AuthorisationTable = {
  nouns: {
    snapshot: {
      make: async (context) => (await insertSnapshot(context)).id,
      missing: 'snap-0fedcba9876543210',
      unseen: 'InvalidSnapshot.NotFound',
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
    'ec2.CreateSnapshot': byOne('VolumeId', 'volume'),
    'ec2.DeleteSnapshot': byOne('SnapshotId', 'snapshot'),
    'ec2.DescribeSnapshots': byOne('SnapshotIds', 'snapshot'),
    'ec2.DescribeVolumes': byOne('VolumeIds', 'volume'),
  },
};
