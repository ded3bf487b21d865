import type {
  CreateVolumePermission,
  ModifySnapshotAttributeRequest,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import { checkShareable } from '../../../domain/encrypted-sharing.ts';
import type { PermissionChange } from '../../../domain/image-permissions.ts';
import { withVolumePermissions } from '../../../domain/snapshot-permissions.ts';
import { changeOwnSnapshot, completed, requiredOwnSnapshot } from '../../../domain/snapshots.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { combination, permissionsOf, readPermissionChange } from '../../requests/permissions.ts';

/** EC2's limit of modifications in one request. */
const usersMax = 500;

export const modifySnapshotAttribute: Operation<
  ModifySnapshotAttributeRequest,
  Record<string, never>
> = {
  accepts: [
    'SnapshotId',
    'Attribute',
    'CreateVolumePermission',
    'OperationType',
    'UserIds',
    'GroupNames',
  ],
  async run(input, { catalog, caller }) {
    oneOf('Attribute', input.Attribute || undefined, ['createVolumePermission']);
    const change = changeOf(input);
    await catalog.write(async (transaction) => {
      const settings = await settingsOf(transaction, caller);
      const row = await requiredOwnSnapshot(transaction, caller, input.SnapshotId);
      // Others could do nothing with it.
      if (change.add.length > 0 && row.state === 'completed') completed(row);
      await checkShareable(transaction, row, change.add);
      await changeOwnSnapshot(transaction, caller, input.SnapshotId, (snapshot) =>
        withVolumePermissions(snapshot, change, settings),
      );
    });
    return {};
  },
};

function changeOf(input: ModifySnapshotAttributeRequest): PermissionChange {
  const { OperationType, CreateVolumePermission: modifications = {} } = input;
  const listed = [
    ...permissionsOf('userId', input.UserIds),
    ...permissionsOf('group', input.GroupNames),
  ];
  const change = readPermissionChange({ listed, OperationType, modifications }, permissions, {
    what: 'create volume permissions',
    max: usersMax,
  });
  if (change.add.length === 0 || change.remove.length === 0) return change;
  throw combination('Accounts are added or removed in one request, not both.');
}

function permissions({ UserId, Group }: CreateVolumePermission): string[] {
  return [...permissionsOf('userId', UserId), ...permissionsOf('group', Group)];
}
