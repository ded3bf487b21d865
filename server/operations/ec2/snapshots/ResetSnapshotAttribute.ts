import type { ResetSnapshotAttributeRequest } from '../../../../api/generated/ec2-types.ts';
import { changeOwnSnapshot } from '../../../domain/snapshots.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

/** Nobody but its owner sees the snapshot afterwards. */
export const resetSnapshotAttribute: Operation<
  ResetSnapshotAttributeRequest,
  Record<string, never>
> = {
  accepts: ['SnapshotId', 'Attribute'],
  async run({ SnapshotId, Attribute }, { catalog, caller }) {
    oneOf('Attribute', Attribute, ['createVolumePermission']);
    await catalog.write((transaction) =>
      changeOwnSnapshot(transaction, caller, SnapshotId, (snapshot) => ({
        ...snapshot,
        createVolumePermissions: [],
      })),
    );
    return {};
  },
};
