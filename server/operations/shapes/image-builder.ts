/** What Image Builder's actions answer of components and recipes. */
import type {
  Component,
  ComponentSummary,
  ComponentVersion,
  ImageRecipe as ImageRecipeShape,
  InstanceBlockDeviceMapping,
} from '../../../api/generated/imagebuilder-types.ts';
import type { ComponentRow } from '../../catalog/rows/component.ts';
import type { ImageRecipe, RecipeDevice } from '../../catalog/rows/image-recipe.ts';
import type { Tags } from '../../catalog/rows/row.ts';

export function componentVersion(row: ComponentRow): ComponentVersion {
  const { id, name, semanticVersion: version, description, platform, type } = row;
  return {
    arn: id.slice(0, id.lastIndexOf('/')),
    name,
    version,
    description,
    platform,
    supportedOsVersions: row.supportedOsVersions,
    type,
    owner: row.account,
    dateCreated: row.createdAt,
    status: 'ACTIVE',
  };
}

export function componentSummary(row: ComponentRow): ComponentSummary {
  const { status: _, ...version } = componentVersion(row);
  return {
    ...version,
    arn: row.id,
    state: { status: 'ACTIVE' },
    changeDescription: row.changeDescription,
    tags: row.tags,
    obfuscate: false,
  };
}

export function componentShape(row: ComponentRow): Component {
  return {
    ...componentSummary(row),
    parameters: row.parameters.map(({ allowedValues: _, ...told }) => told),
    data: row.data,
    encrypted: true,
  };
}

/** Of the row, or of the copy that a build has. */
export function recipeShape(
  recipe: ImageRecipe,
  {
    id,
    account,
    createdAt,
    tags,
  }: { id: string; account: string; createdAt?: string; tags?: Tags },
): ImageRecipeShape {
  const { userData: userDataOverride, uninstallAgent: uninstallAfterBuild } = recipe;
  const systemsManagerAgent =
    uninstallAfterBuild === undefined ? undefined : { uninstallAfterBuild };
  return {
    arn: id,
    type: 'AMI',
    name: recipe.name,
    description: recipe.description,
    platform: 'Linux',
    owner: account,
    version: recipe.semanticVersion,
    components: recipe.components.map(({ arn, parameters }) => ({
      componentArn: arn,
      parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
    })),
    parentImage: recipe.parentImage,
    blockDeviceMappings: recipe.blockDeviceMappings.map(deviceShape),
    dateCreated: createdAt,
    tags,
    workingDirectory: recipe.workingDirectory,
    additionalInstanceConfiguration:
      userDataOverride || systemsManagerAgent
        ? { userDataOverride, systemsManagerAgent }
        : undefined,
    amiTags: recipe.amiTags,
  };
}

function deviceShape({ deviceName, noDevice, ...ebs }: RecipeDevice): InstanceBlockDeviceMapping {
  if (noDevice) return { deviceName, noDevice: '' };
  const { volumeSizeGiB: volumeSize, throughputMiBps: throughput, ...rest } = ebs;
  return { deviceName, ebs: { ...rest, volumeSize, throughput } };
}
