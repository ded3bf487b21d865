/** More of each of Image Builder's nouns than a page of a paginator's test has. */
import * as sdk from '@aws-sdk/client-imagebuilder';
import { cancelled, componentData } from '../support/image-builder.ts';

const count = 6;
const each = Array.from({ length: count }, (_, index) => index);
const [semanticVersion, platform] = ['1.0.0', 'Linux'] as const;

export interface LongBuilder {
  componentVersionArn: string;
  imagePipelineArn: string;
  /** Of a build that ended at its first steps. */
  imageBuildVersionArn: string;
  workflowExecutionId: string;
}

export async function makeLongBuilder(
  client: sdk.ImagebuilderClient,
  parentImage: string,
): Promise<LongBuilder> {
  for (const number of each) await makeOfEach(client, parentImage, number);
  const component = { name: 'Number 0', semanticVersion, platform, data: componentData };
  for (const _ of each) await client.send(new sdk.CreateComponentCommand(component));
  const { componentVersionList: [listed] = [] } = await client.send(
    new sdk.ListComponentsCommand(),
  );
  const { imagePipelineList: [pipeline] = [] } = await client.send(
    new sdk.ListImagePipelinesCommand(),
  );
  const imagePipelineArn = pipeline?.arn ?? '';
  const builds: string[] = [];
  for (const _ of each) {
    const start = new sdk.StartImagePipelineExecutionCommand({ imagePipelineArn });
    const { imageBuildVersionArn: arn = '' } = await client.send(start);
    builds.push(arn);
    if (builds.length === 1) await begun(client, arn);
    await cancelled(client, arn);
  }
  const [imageBuildVersionArn = ''] = builds;
  const list = new sdk.ListWorkflowExecutionsCommand({ imageBuildVersionArn });
  const { workflowExecutions: [first] = [] } = await client.send(list);
  const { workflowExecutionId = '' } = first ?? {};
  const componentVersionArn = listed?.arn ?? '';
  return { componentVersionArn, imagePipelineArn, imageBuildVersionArn, workflowExecutionId };
}

async function makeOfEach(client: sdk.ImagebuilderClient, parentImage: string, number: number) {
  const name = `Number ${number}`;
  const component = { name, semanticVersion, platform, data: componentData };
  await client.send(new sdk.CreateComponentCommand(component));
  const recipe = new sdk.CreateImageRecipeCommand({ name, semanticVersion, parentImage });
  const { imageRecipeArn } = await client.send(recipe);
  const { infrastructureConfigurationArn } = await client.send(
    new sdk.CreateInfrastructureConfigurationCommand({ name, instanceProfileName: 'builder' }),
  );
  const distributions = [{ region: 'us-east-1' }];
  await client.send(new sdk.CreateDistributionConfigurationCommand({ name, distributions }));
  const arns = { imageRecipeArn, infrastructureConfigurationArn };
  await client.send(new sdk.CreateImagePipelineCommand({ name, ...arns }));
  const policy = new sdk.CreateLifecyclePolicyCommand({
    name,
    ...{ executionRole: 'lifecycle', resourceType: 'AMI_IMAGE' },
    policyDetails: [{ action: { type: 'DELETE' }, filter: { type: 'COUNT', value: 1 } }],
    resourceSelection: { tagMap: { stage: name } },
  });
  await client.send(policy);
  // Images of several versions.
  const { imageBuildVersionArn: arn = '' } = await client.send(new sdk.CreateImageCommand(arns));
  await cancelled(client, arn);
}

/** Its workflows are known from its first step on. */
async function begun(client: sdk.ImagebuilderClient, imageBuildVersionArn: string): Promise<void> {
  for (;;) {
    const list = new sdk.ListWorkflowExecutionsCommand({ imageBuildVersionArn });
    const { workflowExecutions = [] } = await client.send(list);
    if (workflowExecutions.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
