/** What tests of Image Builder begin with: nouns as their actions make them. Each answers its ARN. */

import type { ImageBuildRow } from '../catalog/rows/image-build.ts';
import { createComponent } from './imagebuilder/components/CreateComponent.ts';
import { createDistributionConfiguration } from './imagebuilder/configurations/CreateDistributionConfiguration.ts';
import { createInfrastructureConfiguration } from './imagebuilder/configurations/CreateInfrastructureConfiguration.ts';
import { createImage } from './imagebuilder/images/CreateImage.ts';
import { createLifecyclePolicy } from './imagebuilder/lifecycle/CreateLifecyclePolicy.ts';
import { createImagePipeline } from './imagebuilder/pipelines/CreateImagePipeline.ts';
import { createImageRecipe } from './imagebuilder/recipes/CreateImageRecipe.ts';
import type { OperationContext } from './operation.ts';
import { insertImage } from './test-images.ts';

/** The smallest document; `more` is a line beside its phases. */
export function componentDocument(phase = 'build', more = ''): string {
  const step = '{name: Say, action: ExecuteBash, inputs: {commands: [echo]}}';
  return `schemaVersion: 1.0\n${more}\nphases:\n  - name: ${phase}\n    steps:\n      - ${step}\n`;
}

/** Each time anew, unless a token is given. */
export async function makeComponent(
  context: OperationContext,
  change: object = {},
): Promise<string> {
  const asked = {
    name: 'Web Server',
    semanticVersion: '1.0.0',
    platform: 'Linux',
    data: componentDocument(),
    clientToken: context.ids.uuid(),
    ...change,
  } as const;
  return (await createComponent.run(asked, context)).componentBuildVersionArn ?? '';
}

/** Of a parent of its own, unless one is given. */
export async function makeRecipe(context: OperationContext, change: object = {}): Promise<string> {
  const { parentImage = (await insertImage(context)).id } = change as { parentImage?: string };
  const asked = {
    name: 'Web',
    semanticVersion: '1.0.0',
    parentImage,
    clientToken: context.ids.uuid(),
    ...change,
  };
  return (await createImageRecipe.run(asked, context)).imageRecipeArn ?? '';
}

export async function makeInfrastructure(
  context: OperationContext,
  change: object = {},
): Promise<string> {
  const clientToken = context.ids.uuid();
  const asked = { name: 'Builders', instanceProfileName: 'builder', clientToken, ...change };
  const made = await createInfrastructureConfiguration.run(asked, context);
  return made.infrastructureConfigurationArn ?? '';
}

export async function makeDistribution(
  context: OperationContext,
  change: object = {},
): Promise<string> {
  const distributions = [{ region: context.caller.region }];
  const asked = { name: 'Everywhere', distributions, clientToken: context.ids.uuid(), ...change };
  const made = await createDistributionConfiguration.run(asked, context);
  return made.distributionConfigurationArn ?? '';
}

/** Ordered, of a recipe and a configuration of its own unless they are given. */
export async function makeImage(context: OperationContext, change: object = {}): Promise<string> {
  const name = context.ids.uuid();
  const given = change as { imageRecipeArn?: string; infrastructureConfigurationArn?: string };
  const {
    imageRecipeArn = await makeRecipe(context, { name }),
    infrastructureConfigurationArn = await makeInfrastructure(context, { name }),
  } = given;
  const arns = { imageRecipeArn, infrastructureConfigurationArn };
  const made = await createImage.run({ clientToken: name, ...arns, ...change }, context);
  return made.imageBuildVersionArn ?? '';
}

export async function makePipeline(
  context: OperationContext,
  change: object = {},
): Promise<string> {
  const name = context.ids.uuid();
  const { imageRecipeArn = await makeRecipe(context, { name }) } = change as {
    imageRecipeArn?: string;
  };
  const asked = {
    name: 'Nightly',
    imageRecipeArn,
    infrastructureConfigurationArn: await makeInfrastructure(context, { name }),
    clientToken: name,
    ...change,
  };
  return (await createImagePipeline.run(asked, context)).imagePipelineArn ?? '';
}

/** Deletes what is a year old, unless `change` says otherwise. */
export async function makeLifecyclePolicy(
  context: OperationContext,
  change: object = {},
): Promise<string> {
  const asked = {
    name: 'Yearly',
    executionRole: 'lifecycle',
    resourceType: 'AMI_IMAGE',
    policyDetails: [
      {
        action: { type: 'DELETE', includeResources: { amis: true, snapshots: true } },
        filter: { type: 'AGE', value: 1, unit: 'YEARS' },
      },
    ],
    resourceSelection: { recipes: [{ name: 'Web', semanticVersion: '1.0.0' }] },
    clientToken: context.ids.uuid(),
    ...change,
  };
  return (await createLifecyclePolicy.run(asked, context)).lifecyclePolicyArn ?? '';
}

/** As the task of a build leaves its row. */
export async function changeBuild(
  { catalog }: OperationContext,
  arn: string,
  change: Partial<ImageBuildRow>,
): Promise<void> {
  await catalog.write(async ({ imageBuilds }) => {
    const row = await imageBuilds.get(arn);
    if (row) await imageBuilds.update({ ...row, ...change });
  });
}

/** A build of two steps, of which one is done. */
export function workflowOf(ids: OperationContext['ids']): ImageBuildRow['workflows'][number] {
  const startedAt = '2026-11-23T10:00:00.000Z';
  return {
    id: `wf-${ids.uuid()}`,
    type: 'BUILD',
    status: 'RUNNING',
    startedAt,
    steps: [
      {
        id: `step-${ids.uuid()}`,
        name: 'LaunchBuildInstance',
        action: 'LaunchInstance',
        status: 'COMPLETED',
        startedAt,
        endedAt: startedAt,
      },
      {
        id: `step-${ids.uuid()}`,
        name: 'ApplyBuildComponents',
        action: 'ExecuteComponents',
        status: 'PENDING',
      },
    ],
  };
}
