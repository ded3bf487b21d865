/**
 * A launch from a template: what the request says goes over what the version says, by EC2's rules.
 */
import type {
  BlockDeviceMapping,
  RunInstancesRequest,
  TagSpecification,
} from '../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type {
  LaunchTemplateData,
  LaunchTemplateVersionRow,
} from '../../catalog/rows/launch-template.ts';
import type { LaunchRequest } from '../../domain/launch.ts';
import { requiredLaunchTemplate, requiredTemplateVersion } from '../../domain/launch-templates.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { launchRequest } from './launch.ts';
import { askedMembers } from './launch-template-data.ts';

/** The launch that a request asks for, with what the template says that it names, if any. */
export async function templatedLaunch(
  reader: CatalogReader,
  viewer: Viewer,
  { LaunchTemplate: named = {}, ...request }: RunInstancesRequest,
): Promise<LaunchRequest> {
  if (Object.values(named).every((member) => !member)) return launchRequest(request);
  const template = await requiredLaunchTemplate(reader, viewer, named);
  const version = await requiredTemplateVersion(reader, template, named.Version);
  return versionLaunch(version, request);
}

export function versionLaunch(
  { templateId, number, data }: LaunchTemplateVersionRow,
  request: RunInstancesRequest,
): LaunchRequest {
  const launch = launchRequest(launchOver(data, request));
  const origin = {
    'aws:ec2launchtemplate:id': templateId,
    'aws:ec2launchtemplate:version': String(number),
  };
  return { ...launch, instanceTags: { ...launch.instanceTags, ...origin } };
}

/**
 * Structures are merged member by member; a list takes the place of the other, but mappings are
 * merged by device, and tags by type of resource and key.
 */
function launchOver(data: LaunchTemplateData, request: RunInstancesRequest): RunInstancesRequest {
  const given = askedMembers(request);
  const base = withoutReplaced(data as Partial<RunInstancesRequest>, given);
  return {
    ...(over(base, given) as RunInstancesRequest),
    BlockDeviceMappings: mappingsOver(base.BlockDeviceMappings, given.BlockDeviceMappings),
    TagSpecifications: tagsOver(base.TagSpecifications, given.TagSpecifications),
  };
}

/** Groups and a zone are named by id or by name: whichever is given says all of it. */
function withoutReplaced(
  { SecurityGroupIds, SecurityGroups, Placement, ...rest }: Partial<RunInstancesRequest>,
  given: RunInstancesRequest,
): Partial<RunInstancesRequest> {
  const { AvailabilityZone, AvailabilityZoneId, ...elsewhere } = Placement ?? {};
  const hasGroups = given.SecurityGroupIds || given.SecurityGroups;
  const hasZone = given.Placement?.AvailabilityZone || given.Placement?.AvailabilityZoneId;
  return {
    ...rest,
    ...(!hasGroups && { SecurityGroupIds, SecurityGroups }),
    Placement: hasZone ? elsewhere : Placement,
  };
}

function over(base: unknown, given: unknown): unknown {
  if (given === undefined) return base;
  if (!isStructure(base) || !isStructure(given)) return given;
  const names = new Set([...Object.keys(base), ...Object.keys(given)]);
  return Object.fromEntries([...names].map((name) => [name, over(base[name], given[name])]));
}

function isStructure(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the request has twice stays so, to be refused; so it is with tags. */
function mappingsOver(
  base: readonly BlockDeviceMapping[] = [],
  given: readonly BlockDeviceMapping[] = [],
): BlockDeviceMapping[] {
  const merged = new Set<BlockDeviceMapping>();
  const kept = base.map((mapping) => {
    const change = given.find(({ DeviceName }) => DeviceName === mapping.DeviceName);
    if (change) merged.add(change);
    const isWhole = mapping.NoDevice !== undefined || change?.NoDevice !== undefined;
    return isWhole ? (change ?? mapping) : (over(mapping, change) as BlockDeviceMapping);
  });
  return [...kept, ...given.filter((mapping) => !merged.has(mapping))];
}

function tagsOver(
  base: readonly TagSpecification[] = [],
  given: readonly TagSpecification[] = [],
): TagSpecification[] {
  const merged = new Set<TagSpecification>();
  const kept = base.map((specification) => {
    const { ResourceType, Tags = [] } = specification;
    const change = given.find((other) => other.ResourceType === ResourceType);
    if (!change) return specification;
    merged.add(change);
    const { Tags: changes = [] } = change;
    const stay = Tags.filter(({ Key }) => !changes.some((tag) => tag.Key === Key));
    return { ResourceType, Tags: [...stay, ...changes] };
  });
  return [...kept, ...given.filter((specification) => !merged.has(specification))];
}
