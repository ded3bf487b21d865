/**
 * With whom an image is shared: with accounts, with all, with organizations and their units. Whom
 * that shows an image to is said by catalog/rows/image.ts; that a disabled image is shared with
 * nobody by image-states.ts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { AccountSettings } from '../catalog/rows/account.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { granteeOf } from '../catalog/rows/row.ts';
import { type SeenRows, sharedRows } from './seen-rows.ts';
import type { Viewer } from './viewer.ts';

/** Everybody who has an account here. */
const all = 'all';
/** EC2's quota for one image. */
const permissionsMax = 1000;

/** What EC2 calls the kinds of permission, and what each looks like. */
const forms = {
  userId: /^\d{12}$/,
  group: /^all$/,
  organizationArn: /^arn:aws[a-z-]*:organizations::\d{12}:organization\/o-[a-z0-9]{10,32}$/,
  organizationalUnitArn:
    /^arn:aws[a-z-]*:organizations::\d{12}:ou\/o-[a-z0-9]{10,32}\/ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}$/,
};

export type PermissionKind = keyof typeof forms;

/** A permission as rows have it. */
export function permissionOf(kind: PermissionKind, value: string): string {
  if (forms[kind].test(value)) return value;
  throw new ServiceError(
    'InvalidAMIAttributeItemValue',
    `Invalid attribute item value "${value}" for ${kind} item type.`,
  );
}

export function kindOf(permission: string): PermissionKind {
  if (permission === all) return 'group';
  if (forms.userId.test(permission)) return 'userId';
  return forms.organizationArn.test(permission) ? 'organizationArn' : 'organizationalUnitArn';
}

export interface PermissionChange {
  add: readonly string[];
  remove: readonly string[];
}

/**
 * `settings` are the owner's in the image's region. Whom it is shared with already is nothing new.
 */
export function withPermissions(
  image: ImageRow,
  { add, remove }: PermissionChange,
  settings: AccountSettings,
): ImageRow {
  const { permissions, added } = changedPermissions(image.launchPermissions, { add, remove });
  if (added.includes(all)) checkPublic(image, settings);
  if (permissions.length > permissionsMax) {
    throw new ServiceError(
      'ResourceLimitExceeded',
      `The image ${image.id} cannot be shared with more than ${permissionsMax} accounts, organizations and units.`,
    );
  }
  return { ...image, launchPermissions: permissions };
}

/** What is left and what is new, and of these what was not there before. */
export function changedPermissions(
  before: readonly string[],
  { add, remove }: PermissionChange,
): { permissions: string[]; added: string[] } {
  const gone = new Set(remove.map(granteeOf));
  const kept = before.filter((permission) => !gone.has(granteeOf(permission)));
  const known = new Set(before.map(granteeOf));
  const added = [...new Set(add)].filter((permission) => !known.has(granteeOf(permission)));
  return { permissions: [...kept, ...added], added };
}

function checkPublic(image: ImageRow, { imageBlockPublicAccess }: AccountSettings): void {
  if (image.productCodes?.length) {
    throw new ServiceError(
      'OperationNotPermitted',
      `The image ${image.id} has a product code of the marketplace and cannot be made public.`,
    );
  }
  if (imageBlockPublicAccess !== 'block-new-sharing') return;
  throw new ServiceError(
    'OperationNotPermitted',
    "You can't publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.",
  );
}

/** Given back by the one that it was shared with: only what names the account itself. */
export function withoutViewer(image: ImageRow, { account }: Viewer): ImageRow {
  const launchPermissions = image.launchPermissions.filter((permission) => permission !== account);
  if (launchPermissions.length < image.launchPermissions.length) {
    return { ...image, launchPermissions };
  }
  throw new ServiceError(
    'OperationNotPermitted',
    `The image ${image.id} is not shared with the account ${account} by its id; what is public, or shared with an organization, cannot be given back.`,
  );
}

export interface Executable {
  /** Those, and perhaps others. */
  rows: SeenRows;
  matches(image: ImageRow): boolean;
}

/**
 * Images that are shared explicitly with one of these users, as ExecutableUsers means it: whoever
 * asks for itself is also meant as a member of its organization. With whom else an image is shared
 * is told to its owner only.
 */
export function executableBy(users: readonly string[], viewer: Viewer): Executable {
  const { account, groups } = viewer;
  const wrong = users.find((user) => !/^(self|all|\d{12})$/.test(user));
  if (wrong !== undefined) {
    throw new ServiceError('InvalidUserID.Malformed', `Invalid user id: "${wrong}"`);
  }
  const own = [account, ...groups];
  const asked = users.flatMap((user) => (user === 'self' || user === account ? own : [user]));
  const told = (grantee: string, owner: string) =>
    grantee === all || own.includes(grantee) || owner === account;
  return {
    rows: sharedRows(viewer, asked),
    matches: (image) =>
      image.launchPermissions
        .map(granteeOf)
        .some((grantee) => asked.includes(grantee) && told(grantee, image.account)),
  };
}
