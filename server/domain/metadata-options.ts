/**
 * How an instance's metadata may be asked for, and by whom that is said. Strongest first: the
 * request, what the account has set for all of its launches, the image, EC2's own default.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { MetadataDefaults } from '../catalog/rows/account.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { InstanceRow, MetadataOptions } from '../catalog/rows/instance.ts';
import type { Tags } from '../catalog/rows/row.ts';
import { checkModifiable } from './instance-attributes.ts';

/** Of a launch; `tags` are the instance's. */
export function launchMetadataOptions(
  request: Partial<MetadataOptions>,
  defaults: MetadataDefaults | undefined,
  image: ImageRow,
  tags: Tags,
): MetadataOptions {
  const { httpTokensEnforced: _, ...set } = defaults ?? {};
  const options = { ...imageOptions(image), ...set, ...request };
  checkOptions(options, defaults, tags);
  return options;
}

/** An image that is made for IMDSv2 demands it, and lets a container in the guest ask too. */
function imageOptions({ imdsSupport }: ImageRow): MetadataOptions {
  return {
    httpTokens: imdsSupport === 'v2.0' ? 'required' : 'optional',
    httpPutResponseHopLimit: imdsSupport === 'v2.0' ? 2 : 1,
    httpEndpoint: 'enabled',
  };
}

/** What is left out stays as it is. */
export function withMetadataOptions(
  row: InstanceRow,
  change: Partial<MetadataOptions>,
  defaults: MetadataDefaults | undefined,
): InstanceRow {
  checkModifiable(row);
  const metadataOptions = { ...row.metadataOptions, ...change };
  // One that was launched before the account demanded tokens may be changed otherwise.
  const enforced = change.httpTokens === undefined ? undefined : defaults;
  checkOptions(metadataOptions, enforced, row.tags);
  return { ...row, metadataOptions };
}

function checkOptions(
  options: MetadataOptions,
  defaults: MetadataDefaults | undefined,
  tags: Tags,
): void {
  if (defaults?.httpTokensEnforced === 'enabled' && options.httpTokens !== 'required') {
    throw new ServiceError(
      'UnsupportedOperation',
      'IMDSv1 cannot be used because httpTokensEnforced is enabled for this account: ask for HttpTokens=required, or disable it by ModifyInstanceMetadataDefaults.',
    );
  }
  if (options.instanceMetadataTags === 'enabled') checkTagNames(Object.keys(tags));
}

/** Tags that a guest is told are paths of its metadata service. */
export function checkTagsOfInstance({ metadataOptions, tags }: InstanceRow): void {
  if (metadataOptions.instanceMetadataTags === 'enabled') checkTagNames(Object.keys(tags));
}

const reservedNames = ['.', '..', '_index'];

function checkTagNames(keys: readonly string[]): void {
  const wrong = keys.find(
    (key) => !/^[0-9a-zA-Z\-_+=,.@:]{1,255}$/.test(key) || reservedNames.includes(key),
  );
  if (wrong === undefined) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `'${wrong}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
  );
}
