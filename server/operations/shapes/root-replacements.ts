/** Replacements of root volumes as EC2 shows them. */
import type { ReplaceRootVolumeTask } from '../../../api/generated/ec2-types.ts';
import type { RootReplacementRow } from '../../catalog/rows/root-replacement.ts';
import { tagList } from './tags.ts';

export function rootReplacementShape(row: RootReplacementRow): ReplaceRootVolumeTask {
  return {
    ReplaceRootVolumeTaskId: row.id,
    InstanceId: row.instanceId,
    TaskState: row.state,
    StartTime: row.createdAt,
    CompleteTime: row.completedAt,
    ImageId: row.imageId,
    SnapshotId: row.snapshotId,
    DeleteReplacedRootVolume: row.deleteReplaced,
    Tags: tagList(row.tags),
  };
}
