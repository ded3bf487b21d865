/** A pipeline with all that it stands on. */
import {
  CreateComponentCommand,
  CreateImagePipelineCommand,
  CreateImageRecipeCommand,
  CreateInfrastructureConfigurationCommand,
} from '@aws-sdk/client-imagebuilder';
import { builderClient, componentData } from '../support/image-builder.ts';
import type { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

/** So many times that nobody waits for its end, not even of a machine that runs no command. */
export const endlessData = componentData.replace(
  '        inputs:',
  '        loop: { for: { start: 1, end: 10000, updateBy: 1 } }\n        inputs:',
);

interface Wanted {
  description?: string;
  /** The document of its component. */
  data?: string;
}

/** Answers its ARN. */
export async function newPipeline(
  imago: ImagoProcess,
  { description, data = componentData }: Wanted = {},
): Promise<string> {
  const client = builderClient(imago);
  const { ImageId: parentImage } = await providerImage(imago.ec2(), 'imago-micro-*');
  const about = { semanticVersion: '1.0.0', description };
  const { componentBuildVersionArn: componentArn } = await client.send(
    new CreateComponentCommand({
      ...about,
      ...{ name: 'Say hello', platform: 'Linux', data },
    }),
  );
  const { imageRecipeArn } = await client.send(
    new CreateImageRecipeCommand({
      ...about,
      ...{ name: 'Web', parentImage, components: [{ componentArn }] },
    }),
  );
  const { infrastructureConfigurationArn } = await client.send(
    new CreateInfrastructureConfigurationCommand({
      ...{ name: 'Small', instanceProfileName: 'none', instanceTypes: ['t3.nano'] },
    }),
  );
  const { imagePipelineArn = '' } = await client.send(
    new CreateImagePipelineCommand({
      ...{ name: 'Nightly', description, imageRecipeArn, infrastructureConfigurationArn },
      schedule: { scheduleExpression: 'cron(0 3 * * ? *)', timezone: 'Europe/Berlin' },
    }),
  );
  client.destroy();
  return imagePipelineArn;
}
