/**
 * With whom an image or a snapshot is to be shared, which a request says in either of two ways: by
 * structures to add and to remove, or by lists and what is to be done with them.
 */
import { ServiceError } from '../../../api/service-error.ts';
import {
  type PermissionChange,
  type PermissionKind,
  permissionOf,
} from '../../domain/image-permissions.ts';
import { oneOf } from './fixed-values.ts';

interface PermissionRequest<Item> {
  /** What its lists name. */
  listed: readonly string[];
  OperationType?: string;
  modifications: { Add?: Item[]; Remove?: Item[] };
}

export function readPermissionChange<Item>(
  { listed, OperationType, modifications }: PermissionRequest<Item>,
  permissions: (item: Item) => string[],
  { what, max }: { what: string; max: number },
): PermissionChange {
  const { Add: adds = [], Remove: removes = [] } = modifications;
  const add = adds.flatMap(permissions);
  const remove = removes.flatMap(permissions);
  // Packer says the same in both ways, and no OperationType.
  const isRepeated = OperationType === undefined && listed.every((one) => add.includes(one));
  if (listed.length > 0 && !isRepeated) {
    const type = oneOf('OperationType', OperationType, ['add', 'remove']);
    if (required('OperationType', type) === 'add') add.push(...listed);
    else remove.push(...listed);
  }
  if (add.length + remove.length === 0) throw combination(`No ${what} specified.`);
  if (add.length + remove.length > max) {
    throw new ServiceError(
      'InvalidParameterValue',
      `At most ${max} accounts can be named in one request.`,
    );
  }
  return { add, remove };
}

/** Empty texts are what some clients send for nothing. */
export function permissionsOf(
  kind: PermissionKind,
  values: string | readonly string[] = [],
): string[] {
  return [values]
    .flat()
    .filter((value) => value !== '')
    .map((value) => permissionOf(kind, value));
}

export function required<T>(member: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new ServiceError(
    'MissingParameter',
    `The request must contain the parameter ${member} for this attribute.`,
  );
}

export function combination(message: string): ServiceError {
  return new ServiceError('InvalidParameterCombination', message);
}
