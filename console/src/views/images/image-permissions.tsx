/** Who may launch an image: everybody, accounts, organizations and their units. */
import { useAction, useChange } from '../../api/queries.ts';
import type { Input } from '../../api/wire.ts';
import { Permissions } from '../../parts/permissions.tsx';
import { permissionsText as text } from '../../text/image.ts';
import type { PartProps } from './kinds.ts';

type Permission = NonNullable<
  NonNullable<Input<'ec2', 'ModifyImageAttribute'>['LaunchPermission']>['Add']
>[number];

export function ImagePermissions({ image: { ImageId = '', Public } }: PartProps) {
  const input = { ImageId, Attribute: 'launchPermission' };
  const given = useAction('ec2', 'DescribeImageAttribute', input, { tables: ['images'] });
  const modify = useChange('ec2', 'ModifyImageAttribute');
  return (
    <Permissions<Permission>
      text={text}
      isPublic={Public ?? false}
      shared={(given.data?.LaunchPermissions ?? []).filter(({ Group }) => !Group)}
      nameOf={nameOf}
      permissionOf={permissionOf}
      everybody={{ Group: 'all' }}
      change={(how, permission) =>
        modify.mutateAsync({ ImageId, LaunchPermission: { [how]: [permission] } })
      }
      error={given.error}
      retry={given.refetch}
      refusal={modify.error}
    />
  );
}

const nameOf = ({ UserId, OrganizationArn, OrganizationalUnitArn }: Permission) =>
  UserId ?? OrganizationalUnitArn ?? OrganizationArn ?? '';

/** The server says what is wrong with anything else. */
function permissionOf(who: string): Permission {
  if (/:ou\//.test(who)) return { OrganizationalUnitArn: who };
  return who.startsWith('arn:') ? { OrganizationArn: who } : { UserId: who };
}
