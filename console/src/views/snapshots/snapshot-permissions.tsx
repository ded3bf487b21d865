/** Who may make volumes of a snapshot: everybody, and accounts. */
import { useAction, useChange } from '../../api/queries.ts';
import { Permissions } from '../../parts/permissions.tsx';
import { snapshotPermissionsText as text } from '../../text/snapshots.ts';
import type { PartProps } from './snapshot.ts';

interface Permission {
  UserId?: string;
  Group?: string;
}

export function SnapshotPermissions({ snapshot: { SnapshotId = '' } }: PartProps) {
  const input = { SnapshotId, Attribute: 'createVolumePermission' };
  const given = useAction('ec2', 'DescribeSnapshotAttribute', input, { tables: ['snapshots'] });
  const modify = useChange('ec2', 'ModifySnapshotAttribute');
  const permissions: Permission[] = given.data?.CreateVolumePermissions ?? [];
  return (
    <Permissions<Permission>
      text={text}
      isPublic={permissions.some(({ Group }) => Group === 'all')}
      shared={permissions.filter(({ UserId }) => UserId)}
      nameOf={({ UserId = '' }) => UserId}
      permissionOf={(UserId) => ({ UserId })}
      pattern="\s*\d{12}\s*"
      everybody={{ Group: 'all' }}
      change={(how, permission) =>
        modify.mutateAsync({ SnapshotId, CreateVolumePermission: { [how]: [permission] } })
      }
      error={given.error}
      retry={given.refetch}
      refusal={modify.error}
    />
  );
}
