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

/** Answers its ARN. */
export async function newPipeline(imago: ImagoProcess, description?: string): Promise<string> {
  const client = builderClient(imago);
  const { ImageId: parentImage } = await providerImage(imago.ec2(), 'imago-micro-*');
  const about = { semanticVersion: '1.0.0', description };
  const { componentBuildVersionArn: componentArn } = await client.send(
    new CreateComponentCommand({
      ...about,
      ...{ name: 'Say hello', platform: 'Linux', data: componentData },
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
