/** Builds of recipes by Image Builder's official client, and what a build that went well has left. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DescribeImagesCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateComponentCommand,
  CreateImageCommand,
  CreateImageRecipeCommand,
  CreateInfrastructureConfigurationCommand,
  GetImageCommand,
  ImagebuilderClient,
  ListWorkflowExecutionsCommand,
} from '@aws-sdk/client-imagebuilder';
import { type ImagoProcess, launcher } from './imago.ts';

const run = promisify(execFile);

export interface TestRecipe {
  /** What the name of the parent begins with. */
  parent: string;
  instanceType: string;
  /** The document of its component, and what its parameters are. */
  data: string;
  parameters?: Record<string, string>;
}

export function imageBuilder({ endpoint, credentials }: ImagoProcess): ImagebuilderClient {
  return new ImagebuilderClient({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
}

/** Answers the ARN of the build that has begun. */
export async function beginBuild(imago: ImagoProcess, recipe: TestRecipe): Promise<string> {
  const client = imageBuilder(imago);
  const { Images = [] } = await imago.ec2().send(new DescribeImagesCommand({}));
  const parent = Images.find(({ Name }) => Name?.startsWith(recipe.parent));
  const about = { semanticVersion: '1.0.0' };
  const { componentBuildVersionArn: componentArn } = await client.send(
    new CreateComponentCommand({ ...about, name: 'Part', platform: 'Linux', data: recipe.data }),
  );
  const parameters = Object.entries(recipe.parameters ?? {}).map(([name, value]) => ({
    name,
    value: [value],
  }));
  const { imageRecipeArn } = await client.send(
    new CreateImageRecipeCommand({
      ...about,
      name: 'Golden',
      parentImage: parent?.ImageId,
      components: [{ componentArn, parameters }],
    }),
  );
  const { infrastructureConfigurationArn } = await client.send(
    new CreateInfrastructureConfigurationCommand({
      name: 'Small',
      instanceProfileName: 'none',
      instanceTypes: [recipe.instanceType],
    }),
  );
  const { imageBuildVersionArn = '' } = await client.send(
    new CreateImageCommand({ imageRecipeArn, infrastructureConfigurationArn }),
  );
  return imageBuildVersionArn;
}

/** Follows the build to its end, and answers its log. */
export async function followBuild({ home }: ImagoProcess, arn: string): Promise<string> {
  return (await run(launcher, ['images', 'build-log', arn, '-f', '--home', home])).stdout;
}

/** The image is there, the machines are gone, and nothing of the build is found in the image. */
export async function assertBuilt(imago: ImagoProcess, arn: string, log: string): Promise<void> {
  const client = imageBuilder(imago);
  const { image } = await client.send(new GetImageCommand({ imageBuildVersionArn: arn }));
  assert.equal(image?.state?.status, 'AVAILABLE', `${image?.state?.reason}\n${log}`);
  assert.match(image?.osVersion ?? '', /\w/);
  const { workflowExecutions = [] } = await client.send(
    new ListWorkflowExecutionsCommand({ imageBuildVersionArn: arn }),
  );
  assert.deepEqual(new Set(workflowExecutions.map(({ status }) => status)), new Set(['COMPLETED']));
  const { Reservations = [] } = await imago.ec2().send(new DescribeInstancesCommand({}));
  const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State);
  assert.deepEqual(new Set(states.map((state) => state?.Name)), new Set(['terminated']));
  const ami = image?.outputResources?.amis?.[0]?.image ?? '';
  const checked = await run(launcher, ['market', 'check', ami, '--home', imago.home]);
  assert.match(checked.stdout, /Nothing was found/);
}
