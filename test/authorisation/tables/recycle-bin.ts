/** The recycle bin, and its retention rules. */
import { deregisterImage } from '../../../server/operations/ec2/images/DeregisterImage.ts';
import { deleteSnapshot } from '../../../server/operations/ec2/snapshots/DeleteSnapshot.ts';
import { deleteVolume } from '../../../server/operations/ec2/volumes/DeleteVolume.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { createRule } from '../../../server/operations/rbin/CreateRule.ts';
import {
  insertImage,
  insertProviderImage,
  insertSnapshot,
} from '../../../server/operations/test-images.ts';
import {
  attachedVolumeIds,
  insertRunningInstance,
} from '../../../server/operations/test-instances.ts';
import { type AuthorisationTable, byOne } from '../table.ts';

const period = { RetentionPeriodValue: 7, RetentionPeriodUnit: 'DAYS' };
const lock = { UnlockDelay: { UnlockDelayValue: 7, UnlockDelayUnit: 'DAYS' } };

/**
 * Unless it is said otherwise, for a tag that nothing has: it keeps nothing of the other tables.
 */
function makeRule(context: OperationContext, change: object = {}) {
  const ResourceTags = [{ ResourceTagKey: 'keep', ResourceTagValue: context.ids.uuid() }];
  const request = { ResourceType: 'EC2_IMAGE', RetentionPeriod: period, ResourceTags, ...change };
  return createRule.run(request, context);
}

const volumeNotFound = 'InvalidVolume.NotFound';

/** As a terminated instance leaves it. */
async function leftVolume(context: OperationContext): Promise<string> {
  const { id } = await insertRunningInstance(context, await insertProviderImage(context));
  const [volumeId = ''] = await attachedVolumeIds(context, id);
  await context.catalog.write(async ({ volumes }) => {
    const row = await volumes.get(volumeId);
    if (!row) return;
    const { attachment: _, ...rest } = row;
    await volumes.update({ ...rest, state: 'available', tags: { bin: '' } });
  });
  return volumeId;
}

export const table: AuthorisationTable = {
  nouns: {
    leftVolume: { make: leftVolume, missing: 'vol-0fedcba9876543210', unseen: volumeNotFound },
    recycledVolume: {
      async make(context) {
        const ResourceTags = [{ ResourceTagKey: 'bin' }];
        await makeRule(context, { ResourceType: 'EBS_VOLUME', ResourceTags });
        const VolumeId = await leftVolume(context);
        await deleteVolume.run({ VolumeId }, context);
        return VolumeId;
      },
      missing: 'vol-0fedcba9876543210',
      unseen: volumeNotFound,
    },
    recycledImage: {
      async make(context) {
        await makeRule(context, { ResourceTags: [{ ResourceTagKey: 'bin' }] });
        const { id: ImageId } = await insertImage(context, { tags: { bin: '' } });
        await deregisterImage.run({ ImageId }, context);
        return ImageId;
      },
      missing: 'ami-0fedcba9876543210',
      unseen: 'InvalidAMIID.NotFound',
    },
    recycledSnapshot: {
      async make(context) {
        const ResourceTags = [{ ResourceTagKey: 'bin' }];
        await makeRule(context, { ResourceType: 'EBS_SNAPSHOT', ResourceTags });
        const { id: SnapshotId } = await insertSnapshot(context, { tags: { bin: '' } });
        await deleteSnapshot.run({ SnapshotId }, context);
        return SnapshotId;
      },
      missing: 'snap-0fedcba9876543210',
      unseen: 'InvalidSnapshot.NotFound',
    },
    rule: {
      make: async (context) => (await makeRule(context)).Identifier,
      missing: '0fedcba9876',
      unseen: 'ResourceNotFoundException',
    },
    ruleToDelete: {
      make: async (context) => (await makeRule(context)).Identifier,
      missing: '0fedcba9876',
      unseen: 'ResourceNotFoundException',
    },
    regionRule: {
      make: async (context) => (await makeRule(context, { ResourceTags: [] })).Identifier,
      missing: '0fedcba9876',
      unseen: 'ResourceNotFoundException',
    },
    lockedRule: {
      make: async (context) =>
        (await makeRule(context, { ResourceTags: [], LockConfiguration: lock })).Identifier,
      missing: '0fedcba9876',
      unseen: 'ResourceNotFoundException',
    },
    ruleArn: {
      make: async (context) => (await makeRule(context)).RuleArn,
      missing: 'arn:aws:rbin:us-east-1:999999999999:rule/0fedcba9876',
      unseen: 'ResourceNotFoundException',
    },
  },
  actions: {
    'ec2.DeleteVolume': byOne('VolumeId', 'leftVolume'),
    'ec2.ListVolumesInRecycleBin': byOne('VolumeIds', 'recycledVolume'),
    'ec2.RestoreVolumeFromRecycleBin': byOne('VolumeId', 'recycledVolume'),
    'ec2.ListImagesInRecycleBin': byOne('ImageIds', 'recycledImage'),
    'ec2.ListSnapshotsInRecycleBin': byOne('SnapshotIds', 'recycledSnapshot'),
    'ec2.RestoreImageFromRecycleBin': byOne('ImageId', 'recycledImage'),
    'ec2.RestoreSnapshotFromRecycleBin': byOne('SnapshotId', 'recycledSnapshot'),
    'rbin.CreateRule': { with: { ResourceType: 'EBS_SNAPSHOT', RetentionPeriod: period } },
    'rbin.DeleteRule': byOne('Identifier', 'ruleToDelete'),
    'rbin.GetRule': byOne('Identifier', 'rule'),
    'rbin.ListRules': { with: { ResourceType: 'EC2_IMAGE' } },
    'rbin.ListTagsForResource': byOne('ResourceArn', 'ruleArn'),
    'rbin.LockRule': byOne('Identifier', 'regionRule', { with: { LockConfiguration: lock } }),
    'rbin.TagResource': byOne('ResourceArn', 'ruleArn', { with: { Tags: [] } }),
    'rbin.UnlockRule': byOne('Identifier', 'lockedRule'),
    'rbin.UntagResource': byOne('ResourceArn', 'ruleArn', { with: { TagKeys: [] } }),
    'rbin.UpdateRule': byOne('Identifier', 'rule'),
  },
};
