/**
 * A recipe that needs a machine, handed to Image Builder: its components, recipe, configurations and
 * the image that is built of them. All are called after the recipe and the digest of what is in it,
 * so that the same recipe again finds what is there.
 */
import { createHash } from 'node:crypto';
import { providerImageNames } from '../api/imago.ts';
import { ApiError, type Client } from './client.ts';
import type { Recipe } from './recipe.ts';
import { componentsOf } from './recipe-components.ts';

export interface BuildRequest {
  /** Of the image; absent: name and version of the recipe, and the time of the build. */
  imageName?: string;
  instanceType: string;
}

/** ARN of the build that is under way then. */
export async function orderBuild(
  client: Client,
  recipe: Recipe,
  { imageName, instanceType }: BuildRequest,
): Promise<string> {
  const documents = componentsOf(recipe);
  const { region } = client.connection;
  const amiName = imageName ?? `${recipe.name} ${recipe.version} {{ imagebuilder:buildDate }}`;
  const parent = parentOf(recipe);
  const about = JSON.stringify([recipe, documents, amiName, instanceType, parent]);
  const name = `${recipe.name}-${createHash('sha256').update(about).digest('hex').slice(0, 12)}`;
  const semanticVersion = recipe.version;
  const components: { componentArn: string }[] = [];
  for (const [index, data] of documents.entries()) {
    const part = documents.length > 1 ? `${name}-${index + 1}` : name;
    const componentArn = await component(client, { name: part, semanticVersion, data });
    components.push({ componentArn });
  }
  const imageRecipeArn = await thereOr(
    async () => {
      const { imageRecipeSummaryList: all } = await client.imagebuilder(
        'ListImageRecipes',
        byName(name),
      );
      return all?.[0]?.arn;
    },
    async () => {
      const asked = { name, semanticVersion, components, parentImage: parent };
      const { description } = recipe;
      const made = await client.imagebuilder('CreateImageRecipe', { ...asked, description });
      return made.imageRecipeArn;
    },
  );
  const infrastructureConfigurationArn = await thereOr(
    async () => {
      const answer = await client.imagebuilder('ListInfrastructureConfigurations', byName(name));
      return answer.infrastructureConfigurationSummaryList?.[0]?.arn;
    },
    async () => {
      const asked = { name, instanceTypes: [instanceType], instanceProfileName: 'none' };
      const made = await client.imagebuilder('CreateInfrastructureConfiguration', asked);
      return made.infrastructureConfigurationArn;
    },
  );
  const distributionConfigurationArn = await thereOr(
    async () => {
      const answer = await client.imagebuilder('ListDistributionConfigurations', byName(name));
      return answer.distributionConfigurationSummaryList?.[0]?.arn;
    },
    async () => {
      const distributions = [{ region, amiDistributionConfiguration: { name: amiName } }];
      const asked = { name, distributions };
      const made = await client.imagebuilder('CreateDistributionConfiguration', asked);
      return made.distributionConfigurationArn;
    },
  );
  const { imageBuildVersionArn } = await client.imagebuilder('CreateImage', {
    imageRecipeArn,
    infrastructureConfigurationArn,
    distributionConfigurationArn,
    imageTestsConfiguration: { imageTestsEnabled: recipe.tests.length > 0 },
  });
  return imageBuildVersionArn ?? '';
}

/** An image of the provider is the newest of its name. */
function parentOf({ parent }: Recipe): string {
  const isProviders = providerImageNames.some((name) => name === parent);
  return isProviders ? `ssm:/aws/service/imago/${parent}/latest/amd64` : parent;
}

interface NewComponent {
  name: string;
  semanticVersion: string;
  data: string;
}

function component(client: Client, asked: NewComponent): Promise<string> {
  return thereOr(
    async () => {
      const answer = await client.imagebuilder('ListComponents', byName(asked.name));
      return answer.componentVersionList?.[0]?.arn;
    },
    async () => {
      const made = await client.imagebuilder('CreateComponent', { ...asked, platform: 'Linux' });
      return made.componentBuildVersionArn;
    },
  );
}

/** Somebody may have made it just now. */
async function thereOr(
  find: () => Promise<string | undefined>,
  create: () => Promise<string | undefined>,
): Promise<string> {
  const found = await find();
  if (found !== undefined) return found;
  try {
    return (await create()) ?? '';
  } catch (error) {
    const made = error instanceof ApiError && /AlreadyExists/.test(error.code) && (await find());
    if (!made) throw error;
    return made;
  }
}

function byName(name: string) {
  return { filters: [{ name: 'name', values: [name] }] };
}
