/**
 * What names an image: instances, launch templates and parameters (of those the newest version,
 * where its data type is an image's). There is nothing of Image Builder's here.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { InstanceState } from '../catalog/rows/instance.ts';
import { instanceStateCodes, livingStates } from './instances.ts';
import { parameterArn } from './parameters.ts';
import type { Owner } from './viewer.ts';

/** Kinds that there are here, and those that never name anything. */
export const referencingTypes = [
  'ec2:Instance',
  'ec2:LaunchTemplate',
  'ssm:Parameter',
  'imagebuilder:ImageRecipe',
  'imagebuilder:ContainerRecipe',
] as const;

export type ReferencingType = (typeof referencingTypes)[number];

const versionDepthMax = 10_000;

/** What is looked at of one kind. */
export interface ReferenceScope {
  type: ReferencingType;
  /** Of instances; absent: all. */
  states?: InstanceState[];
  /** Of launch templates: how many versions, from the newest. */
  versionDepth: number;
}

export interface Reference {
  imageId: string;
  type: ReferencingType;
  arn: string;
}

interface Options {
  name?: string;
  values?: string[];
}

/** `depth` is EC2's default, which differs from action to action. */
export function referenceScope(
  type: string | undefined,
  options: readonly Options[],
  depth: number,
): ReferenceScope {
  const known = referencingTypes.find((each) => each === type);
  if (!known) throw invalid(`Invalid value '${type ?? ''}' for resource type.`);
  const scope: ReferenceScope = { type: known, versionDepth: depth };
  for (const { name, values = [] } of options) {
    if (name === 'state-name' && known === 'ec2:Instance') scope.states = values.map(stateOf);
    else if (name === 'version-depth' && known === 'ec2:LaunchTemplate') {
      scope.versionDepth = depthOf(values);
    } else throw invalid(`The option '${name ?? ''}' is not one of ${known}.`);
  }
  return scope;
}

function stateOf(value: string): InstanceState {
  if (Object.hasOwn(instanceStateCodes, value)) return value as InstanceState;
  throw invalid(`Invalid value '${value}' for state-name.`);
}

function depthOf(values: readonly string[]): number {
  const [value = '', ...others] = values;
  const depth = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (others.length === 0 && depth >= 1 && depth <= versionDepthMax) return depth;
  throw invalid(`version-depth is one number from 1 to ${versionDepthMax}.`);
}

/** Of the owner, in order. */
export async function referencesOf(
  reader: CatalogReader,
  { account, region }: Owner,
  imageIds: readonly string[],
  scopes: readonly ReferenceScope[],
): Promise<Reference[]> {
  const references: Reference[] = [];
  for (const { type, states, versionDepth } of scopes) {
    const where = { account, region, image: [...imageIds] };
    const arn = (service: string, resource: string) =>
      `arn:aws:${service}:${region}:${account}:${resource}`;
    if (type === 'ec2:Instance') {
      const rows = reader.instances.scan({ where: { ...where, ...(states && { state: states }) } });
      for await (const { id, imageId } of rows) {
        references.push({ imageId, type, arn: arn('ec2', `instance/${id}`) });
      }
    }
    if (type === 'ec2:LaunchTemplate') {
      for (const [id, images] of await templatesOf(reader, where, versionDepth)) {
        const resource = arn('ec2', `launch-template/${id}`);
        for (const imageId of images) references.push({ imageId, type, arn: resource });
      }
    }
    if (type === 'ssm:Parameter') {
      for await (const { name, content } of reader.parameters.scan({ where })) {
        const resource = parameterArn({ account, region }, name);
        references.push({ imageId: content.value, type, arn: resource });
      }
    }
  }
  return references;
}

/** The images that the newest versions of each name, by the template. */
async function templatesOf(
  { launchTemplates, launchTemplateVersions }: CatalogReader,
  where: { account?: string; region: string; image: string[] },
  depth: number,
): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for await (const { templateId, number, data } of launchTemplateVersions.scan({ where })) {
    const template = await launchTemplates.get(templateId);
    // Versions are counted, of which some may have been deleted.
    if (!template || number <= template.latestVersion - depth) continue;
    const images = found.get(templateId) ?? new Set();
    found.set(templateId, images.add(String(data.ImageId)));
  }
  return found;
}

/** How many of each kind others have that name the image, by account; none is left out. */
export async function usageOf(
  reader: CatalogReader,
  { account: owner, region }: Owner,
  imageId: string,
  scopes: readonly ReferenceScope[],
): Promise<{ account: string; resourceType: string; count: number }[]> {
  const usage: { account: string; resourceType: string; count: number }[] = [];
  for (const { type, versionDepth } of scopes) {
    const counts = new Map<string, number>();
    const add = (account: string) => counts.set(account, (counts.get(account) ?? 0) + 1);
    const where = { region, image: [imageId] };
    if (type === 'ec2:Instance') {
      const living = { ...where, state: livingStates };
      for await (const { account } of reader.instances.scan({ where: living })) add(account);
    }
    if (type === 'ec2:LaunchTemplate') {
      for (const id of (await templatesOf(reader, where, versionDepth)).keys()) {
        const template = await reader.launchTemplates.get(id);
        if (template) add(template.account);
      }
    }
    counts.delete(owner);
    const ordered = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
    usage.push(...ordered.map(([account, count]) => ({ account, resourceType: type, count })));
  }
  return usage;
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
