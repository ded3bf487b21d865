import type {
  DescribeSnapshotAttributeRequest,
  DescribeSnapshotAttributeResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredOwnSnapshot } from '../../../domain/snapshots.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { productCodeShape } from '../../shapes/images.ts';
import { volumePermissionShape } from '../../shapes/snapshots.ts';

/** Of one's own snapshots only. */
export const describeSnapshotAttribute: Operation<
  DescribeSnapshotAttributeRequest,
  DescribeSnapshotAttributeResult
> = {
  accepts: ['SnapshotId', 'Attribute'],
  async run({ SnapshotId, Attribute }, { catalog, caller }) {
    const name = oneOf('Attribute', Attribute, ['createVolumePermission', 'productCodes']);
    const snapshot = await catalog.read((reader) =>
      requiredOwnSnapshot(reader, caller, SnapshotId),
    );
    const { createVolumePermissions = [], productCodes = [] } = snapshot;
    return name === 'productCodes'
      ? { SnapshotId, ProductCodes: productCodes.map(productCodeShape) }
      : { SnapshotId, CreateVolumePermissions: createVolumePermissions.map(volumePermissionShape) };
  },
};
