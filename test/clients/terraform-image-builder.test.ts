/**
 * aws_imagebuilder_component, _image_recipe, _infrastructure_configuration,
 * _distribution_configuration, _image_pipeline and _image, and the sources of data beside them, as
 * Terraform's AWS provider makes, reads, changes and destroys them. On simulated machines.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as sdk from '@aws-sdk/client-imagebuilder';
import { builderClient, componentData, ended } from '../support/image-builder.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
let client: sdk.ImagebuilderClient;
let parentImage: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  client = builderClient(imago);
  parentImage = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  client?.destroy();
  await imago?.dispose();
});

let count = 0;
/** A token for each creation, as the provider makes them. */
const token = () => ({ clientToken: `terraform-${count++}` });
const tests = { imageTestsEnabled: true, timeoutMinutes: 720 };

/** What the provider takes for the end of a thing. */
async function isGone(read: Promise<unknown>): Promise<void> {
  await assert.rejects(read, { name: 'ResourceNotFoundException' });
}

async function makeComponent(): Promise<string> {
  const { componentBuildVersionArn = '' } = await client.send(
    new sdk.CreateComponentCommand({
      ...token(),
      name: 'terraform-part',
      semanticVersion: '1.0.0',
      platform: 'Linux',
      data: componentData,
      tags: { Name: 'part' },
    }),
  );
  return componentBuildVersionArn;
}

test('a whole configuration is made, read without a difference, changed and destroyed', async () => {
  const componentArn = await makeComponent();
  const { component } = await client.send(
    new sdk.GetComponentCommand({ componentBuildVersionArn: componentArn }),
  );
  assert.deepEqual([component?.data, component?.type], [componentData, 'BUILD']);
  assert.deepEqual(
    [component?.encrypted, component?.owner !== undefined, component?.tags],
    [true, true, { Name: 'part' }],
  );

  const blockDeviceMappings = [
    {
      deviceName: '/dev/xvdb',
      ebs: { deleteOnTermination: true, volumeSize: 100, volumeType: 'gp2' as const },
    },
  ];
  const { imageRecipeArn } = await client.send(
    new sdk.CreateImageRecipeCommand({
      ...token(),
      ...{ name: 'terraform', semanticVersion: '1.0.0', parentImage, blockDeviceMappings },
      components: [{ componentArn, parameters: [{ name: 'word', value: ['hi'] }] }],
    }),
  );
  const { imageRecipe } = await client.send(new sdk.GetImageRecipeCommand({ imageRecipeArn }));
  assert.deepEqual(
    [imageRecipe?.components, imageRecipe?.blockDeviceMappings, imageRecipe?.parentImage],
    [
      [{ componentArn, parameters: [{ name: 'word', value: ['hi'] }] }],
      blockDeviceMappings,
      parentImage,
    ],
  );

  const machines = {
    name: 'terraform',
    instanceProfileName: 'builder',
    instanceTypes: ['t3.nano'],
    terminateInstanceOnFailure: true,
    instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
  };
  const { infrastructureConfigurationArn } = await client.send(
    new sdk.CreateInfrastructureConfigurationCommand({ ...token(), ...machines }),
  );
  const { name: _, ...kept } = machines;
  await client.send(
    new sdk.UpdateInfrastructureConfigurationCommand({
      ...token(),
      ...kept,
      infrastructureConfigurationArn,
      description: 'changed',
    }),
  );
  const { infrastructureConfiguration: read } = await client.send(
    new sdk.GetInfrastructureConfigurationCommand({ infrastructureConfigurationArn }),
  );
  for (const [name, value] of Object.entries({ ...machines, description: 'changed' })) {
    assert.deepEqual(read?.[name as keyof typeof read], value, name);
  }

  const distributions = [
    {
      region: 'us-east-1',
      amiDistributionConfiguration: {
        name: 'terraform-{{ imagebuilder:buildDate }}',
        amiTags: { CostCenter: 'IT' },
        launchPermission: { userIds: ['123456789012'] },
      },
    },
  ];
  const { distributionConfigurationArn } = await client.send(
    new sdk.CreateDistributionConfigurationCommand({
      ...token(),
      name: 'terraform',
      distributions,
    }),
  );
  const arns = { imageRecipeArn, infrastructureConfigurationArn, distributionConfigurationArn };
  const usual = { enhancedImageMetadataEnabled: true, imageTestsConfiguration: tests };
  const { imagePipelineArn } = await client.send(
    new sdk.CreateImagePipelineCommand({
      ...{ ...token(), ...arns, ...usual, name: 'terraform', status: 'ENABLED' },
      schedule: {
        scheduleExpression: 'cron(0 0 * * ? *)',
        pipelineExecutionStartCondition: 'EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE',
        timezone: 'Etc/UTC',
      },
    }),
  );
  await client.send(
    new sdk.UpdateImagePipelineCommand({
      ...{ ...token(), ...arns, ...usual, imagePipelineArn, status: 'DISABLED' },
    }),
  );
  const { imagePipeline } = await client.send(
    new sdk.GetImagePipelineCommand({ imagePipelineArn }),
  );
  assert.deepEqual(
    [imagePipeline?.status, imagePipeline?.schedule, imagePipeline?.imageTestsConfiguration],
    ['DISABLED', undefined, tests],
  );

  const { imageBuildVersionArn = '' } = await client.send(
    new sdk.CreateImageCommand({ ...token(), ...arns, ...usual }),
  );
  const built = await ended(client, imageBuildVersionArn);
  assert.equal(built.state?.status, 'AVAILABLE', built.state?.reason);
  assert.match(built.outputResources?.amis?.[0]?.name ?? '', /^terraform-/);
  const newest = imageBuildVersionArn.replace('1.0.0/1', 'x.x.x');
  const { image } = await client.send(new sdk.GetImageCommand({ imageBuildVersionArn: newest }));
  assert.deepEqual([image?.arn, image?.version], [imageBuildVersionArn, '1.0.0/1']);

  await client.send(new sdk.DeleteImageCommand({ imageBuildVersionArn }));
  await client.send(new sdk.DeleteImagePipelineCommand({ imagePipelineArn }));
  await client.send(
    new sdk.DeleteDistributionConfigurationCommand({ distributionConfigurationArn }),
  );
  await client.send(
    new sdk.DeleteInfrastructureConfigurationCommand({ infrastructureConfigurationArn }),
  );
  await client.send(new sdk.DeleteImageRecipeCommand({ imageRecipeArn }));
  await client.send(new sdk.DeleteComponentCommand({ componentBuildVersionArn: componentArn }));
  await isGone(client.send(new sdk.GetImageCommand({ imageBuildVersionArn })));
  await isGone(client.send(new sdk.GetImagePipelineCommand({ imagePipelineArn })));
  await isGone(client.send(new sdk.GetImageRecipeCommand({ imageRecipeArn })));
  await isGone(
    client.send(new sdk.GetComponentCommand({ componentBuildVersionArn: componentArn })),
  );
});
