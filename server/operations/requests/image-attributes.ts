/**
 * ModifyImageAttribute's request, which says one change in either of two ways: by the member that
 * is named as the attribute, or by Attribute with Value, OperationType and lists.
 */
import type {
  LaunchPermission,
  ModifyImageAttributeRequest,
} from '../../../api/generated/ec2-types.ts';
import type { PermissionChange } from '../../domain/image-permissions.ts';
import { oneOf } from './fixed-values.ts';
import { combination, permissionsOf, readPermissionChange, required } from './permissions.ts';

export type ImageChange =
  | { attribute: 'description'; value: string }
  | { attribute: 'imdsSupport'; value: 'v2.0' }
  | { attribute: 'launchPermission'; change: PermissionChange };

const attributes = ['description', 'imdsSupport', 'launchPermission'] as const;

/** EC2's limit of accounts in one request. */
const usersMax = 10_000;

export function imageChange(input: ModifyImageAttributeRequest): ImageChange {
  const attribute = attributeOf(input);
  if (attribute === 'launchPermission') return { attribute, change: permissionChange(input) };
  if (attribute === 'description') {
    return { attribute, value: input.Description?.Value ?? input.Value ?? '' };
  }
  const value = input.ImdsSupport?.Value ?? input.Value;
  return { attribute, value: required('Value', oneOf('ImdsSupport', value, ['v2.0'])) };
}

function attributeOf(input: ModifyImageAttributeRequest): (typeof attributes)[number] {
  const named = attributes.filter((name) => {
    const member = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    return input[member as 'Description'] !== undefined;
  });
  const byName = oneOf('Attribute', spelt(input.Attribute) || undefined, attributes);
  const asked = new Set(byName ? [...named, byName] : named);
  const [attribute, ...others] = asked;
  if (others.length > 0) throw combination('Fields for multiple attribute types specified');
  if (attribute === undefined) throw combination('No attributes specified.');
  return attribute;
}

/**
 * EC2 minds neither letters' case nor spaces around a name: Ansible's ec2_ami sends
 * "LaunchPermission" and "Description ".
 */
function spelt(name = ''): string {
  const wanted = name.trim().toLowerCase();
  return attributes.find((known) => known.toLowerCase() === wanted) ?? name;
}

function permissionChange(input: ModifyImageAttributeRequest): PermissionChange {
  const listed = [
    ...permissionsOf('userId', input.UserIds),
    ...permissionsOf('group', input.UserGroups),
    ...permissionsOf('organizationArn', input.OrganizationArns),
    ...permissionsOf('organizationalUnitArn', input.OrganizationalUnitArns),
  ];
  const { LaunchPermission: modifications = {}, OperationType } = input;
  return readPermissionChange({ listed, OperationType, modifications }, permissions, {
    what: 'launch permissions',
    max: usersMax,
  });
}

function permissions(permission: LaunchPermission): string[] {
  const { UserId, Group, OrganizationArn, OrganizationalUnitArn } = permission;
  return [
    ...permissionsOf('userId', UserId),
    ...permissionsOf('group', Group),
    ...permissionsOf('organizationArn', OrganizationArn),
    ...permissionsOf('organizationalUnitArn', OrganizationalUnitArn),
  ];
}
