/**
 * What launch templates say of a launch: which members may be in one, how a version goes over the
 * one that it is made from, and what EC2 warns of.
 */
import type {
  LaunchTemplateBlockDeviceMappingRequest,
  RequestLaunchTemplateData,
  RunInstancesRequest,
  ValidationWarning,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { LaunchTemplateData } from '../../catalog/rows/launch-template.ts';
import { launchProblems } from '../../domain/launch-problems.ts';
import type { Site } from '../../domain/site.ts';
import { checkUserData } from '../../domain/user-data.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { FixedValues } from '../operation.ts';
import { acceptedLaunchMembers, launchRequest } from './launch.ts';
import { fixedLaunchMembers } from './launch-fixed.ts';

/** What RunInstances has beside a template. */
const launchOnly = new Set([
  'MinCount',
  'MaxCount',
  'SubnetId',
  'PrivateIpAddress',
  'EnablePrimaryIpv6',
  'Ipv6AddressCount',
]);

const inData = (path: string) => `LaunchTemplateData.${path}`;

export const acceptedTemplateData = acceptedLaunchMembers
  .filter((path) => !launchOnly.has(path))
  .map(inData);

export const fixedTemplateData: FixedValues = Object.fromEntries(
  Object.entries(fixedLaunchMembers)
    .filter(([path]) => !launchOnly.has(path))
    .map(([path, value]) => [inData(path), value]),
);

/** As it is kept and shown. */
export function templateData(data: RequestLaunchTemplateData): LaunchTemplateData {
  return askedMembers(data) as LaunchTemplateData;
}

/** Without what asks for nothing. */
export function askedMembers<Request extends object>(request: Request): Request {
  return (asked(request) ?? {}) as Request;
}

/** Here an empty text says something: a device to be left out, a tag without a value. */
const emptyTexts = new Set(['NoDevice', 'Value']);

function asked(value: unknown, name = ''): unknown {
  if (value === '') return emptyTexts.has(name) ? value : undefined;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, member]) => [key, asked(member, key)] as const)
    .filter(([, member]) => member !== undefined);
  if (entries.length === 0) return undefined;
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

/** No image has this id. */
const noImage = '';

/**
 * What EC2 would say of a launch from this data alone, as it warns of it when they are kept. Data
 * that nobody could launch from whatever is beside them are refused at once.
 */
export async function templateProblems(
  reader: CatalogReader,
  viewer: Viewer,
  data: LaunchTemplateData,
  { now, site }: { now: Date; site: Site },
): Promise<ServiceError[]> {
  const { ImageId = noImage, ...rest } = data as RequestLaunchTemplateData;
  checkUserData(rest.UserData);
  try {
    const one = { ...rest, ImageId, MinCount: 1, MaxCount: 1 };
    const request = launchRequest(one as RunInstancesRequest);
    const hasImage = ImageId !== noImage;
    return await launchProblems(reader, viewer, request, { hasImage, now, site });
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'InvalidParameterCombination') {
      return [error];
    }
    throw error;
  }
}

/** With what they were sent, which EC2 answers beside what was made. */
export function warningOf(problems: readonly ServiceError[]): ValidationWarning | undefined {
  if (problems.length === 0) return undefined;
  return { Errors: problems.map(({ code, message }) => ({ Code: code, Message: message })) };
}

/** A version made from another: what is given takes the place of what that one says. */
export function inheritedData(
  source: LaunchTemplateData,
  given: LaunchTemplateData,
): LaunchTemplateData {
  const { BlockDeviceMappings: mappings } = source as RequestLaunchTemplateData;
  const data = {
    ...source,
    ...(mappings && { BlockDeviceMappings: mappings.map(withoutSnapshot) }),
    ...given,
  };
  return templateData(data);
}

/** EC2's rule: snapshots are not inherited. */
function withoutSnapshot({ Ebs, ...mapping }: LaunchTemplateBlockDeviceMappingRequest) {
  const { SnapshotId: _, ...ebs } = Ebs ?? {};
  return { ...mapping, Ebs: ebs };
}
