/**
 * ModifyImageAttribute's request, which says one change in either of two ways: by the member that
 * is named as the attribute, or by Attribute with Value, OperationType and lists.
 */
import type {
  LaunchPermission,
  ModifyImageAttributeRequest,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import {
  type PermissionChange,
  type PermissionKind,
  permissionOf,
} from '../../domain/image-permissions.ts';
import { oneOf } from './fixed-values.ts';

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
  const byName = oneOf('Attribute', input.Attribute || undefined, attributes);
  const asked = new Set(byName ? [...named, byName] : named);
  const [attribute, ...others] = asked;
  if (others.length > 0) throw combination('Fields for multiple attribute types specified');
  if (attribute === undefined) throw combination('No attributes specified.');
  return attribute;
}

function permissionChange(input: ModifyImageAttributeRequest): PermissionChange {
  const listed = [
    ...listOf('userId', input.UserIds),
    ...listOf('group', input.UserGroups),
    ...listOf('organizationArn', input.OrganizationArns),
    ...listOf('organizationalUnitArn', input.OrganizationalUnitArns),
  ];
  const { Add: adds = [], Remove: removes = [] } = input.LaunchPermission ?? {};
  const add = adds.flatMap(permissions);
  const remove = removes.flatMap(permissions);
  if (listed.length > 0) {
    const type = oneOf('OperationType', input.OperationType, ['add', 'remove']);
    if (required('OperationType', type) === 'add') add.push(...listed);
    else remove.push(...listed);
  }
  if (add.length + remove.length === 0) throw combination('No launch permissions specified.');
  if (add.length + remove.length > usersMax) {
    throw new ServiceError(
      'InvalidParameterValue',
      `At most ${usersMax} accounts can be named in one request.`,
    );
  }
  return { add, remove };
}

function permissions(permission: LaunchPermission): string[] {
  const { UserId, Group, OrganizationArn, OrganizationalUnitArn } = permission;
  return [
    ...listOf('userId', UserId),
    ...listOf('group', Group),
    ...listOf('organizationArn', OrganizationArn),
    ...listOf('organizationalUnitArn', OrganizationalUnitArn),
  ];
}

/** Empty texts are what some clients send for nothing. */
function listOf(kind: PermissionKind, values: string | readonly string[] = []): string[] {
  return [values]
    .flat()
    .filter((value) => value !== '')
    .map((value) => permissionOf(kind, value));
}

function required<T>(member: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new ServiceError(
    'MissingParameter',
    `The request must contain the parameter ${member} for this attribute.`,
  );
}

function combination(message: string): ServiceError {
  return new ServiceError('InvalidParameterCombination', message);
}
