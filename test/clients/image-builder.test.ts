/**
 * Image Builder by the clients that Debian has, aws-cli and boto3, from components to pipelines and
 * the end of a build. On simulated machines: what builds make is tested on real ones.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateComponentCommand,
  type ImagebuilderClient,
  ListComponentsCommand,
  ListWorkflowExecutionsCommand,
} from '@aws-sdk/client-imagebuilder';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { builderClient, componentData, ended } from '../support/image-builder.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'imago-builder-'));
let imago: ImagoProcess;
let parentImage: string;
let client: ImagebuilderClient;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  client = builderClient(imago);
  parentImage = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  client?.destroy();
  await imago?.dispose();
  rmSync(folder, { recursive: true });
});

async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error) => /\((\w+)\)/.exec(error.stderr)?.[1] ?? error.message,
  );
}

test('aws-cli goes from a component to the end of a build', async () => {
  const builder = async <Answer = string>(action: string, ...words: string[]) =>
    (await aws(imago, 'imagebuilder', action, ...words)) as Answer;
  const file = path.join(folder, 'component.yaml');
  writeFileSync(file, componentData);
  const component = await builder(
    'create-component',
    ...['--name', 'Say hello', '--semantic-version', '1.0.0', '--platform', 'Linux'],
    ...['--data', `file://${file}`, '--tags', 'team=web', '--query', 'componentBuildVersionArn'],
  );
  assert.match(component, /:component\/say-hello\/1\.0\.0\/1$/);
  const told = ['--component-build-version-arn', component, '--query'];
  assert.equal(await builder('get-component', ...told, 'component.data'), componentData);
  const parts = [{ componentArn: component, parameters: [{ name: 'word', value: ['hi'] }] }];
  const recipe = await builder(
    'create-image-recipe',
    ...['--name', 'Web', '--semantic-version', '1.0.0', '--parent-image', parentImage],
    ...['--components', JSON.stringify(parts), '--query', 'imageRecipeArn'],
  );
  const infrastructure = await builder(
    'create-infrastructure-configuration',
    ...['--name', 'Small', '--instance-profile-name', 'builder', '--instance-types', 't3.nano'],
    ...['--resource-tags', 'for=builds', '--query', 'infrastructureConfigurationArn'],
  );
  const ami = { name: 'web {{ imagebuilder:buildDate }}', amiTags: { team: 'web' } };
  const distributions = [{ region: 'us-east-1', amiDistributionConfiguration: ami }];
  const distribution = await builder(
    'create-distribution-configuration',
    ...['--name', 'Here', '--distributions', JSON.stringify(distributions)],
    ...['--query', 'distributionConfigurationArn'],
  );
  const of = ['--image-recipe-arn', recipe, '--infrastructure-configuration-arn', infrastructure];
  const to = ['--distribution-configuration-arn', distribution];
  const schedule = ['--schedule', 'scheduleExpression=cron(0 3 * * ? *),timezone=Europe/Berlin'];
  const pipeline = await builder(
    'create-image-pipeline',
    ...['--name', 'Nightly', ...of, ...to, ...schedule, '--query', 'imagePipelineArn'],
  );
  const next = ['--image-pipeline-arn', pipeline, '--query', 'imagePipeline.dateNextRun'];
  assert.ok(Date.parse(await builder('get-image-pipeline', ...next)) > Date.now());
  const image = await builder(
    'start-image-pipeline-execution',
    ...['--image-pipeline-arn', pipeline, '--query', 'imageBuildVersionArn'],
  );
  assert.match(image, /:image\/web\/1\.0\.0\/1$/);
  const one = ['--image-build-version-arn', image];
  const built = await ended(client, image);
  assert.equal(built.state?.status, 'AVAILABLE', built.state?.reason);
  const name = ['--query', 'image.outputResources.amis[0].name'];
  assert.match(await builder('get-image', ...one, ...name), /^web /);
  const imageBuildVersionArn = image;
  // That client is older than workflows.
  const list = new ListWorkflowExecutionsCommand({ imageBuildVersionArn });
  const { workflowExecutions = [] } = await client.send(list);
  assert.ok(
    workflowExecutions.some(({ type, status }) => `${type} ${status}` === 'BUILD COMPLETED'),
  );
  const cancel = await refusal(builder('cancel-image-creation', ...one));
  assert.equal(cancel, 'InvalidRequestException');
  const listed = ['--image-pipeline-arn', pipeline, '--query', 'imageSummaryList[].arn'];
  assert.deepEqual(await builder('list-image-pipeline-images', ...listed), [image]);
  const remove = builder('delete-image-recipe', '--image-recipe-arn', recipe);
  assert.equal(await refusal(remove), 'ResourceDependencyException');
  await builder('delete-image', ...one);
  await builder('delete-image-pipeline', '--image-pipeline-arn', pipeline);
  await builder('delete-image-recipe', '--image-recipe-arn', recipe);
  await builder('delete-component', '--component-build-version-arn', component);
  const again = builder('get-component', '--component-build-version-arn', component);
  assert.equal(await refusal(again), 'ResourceNotFoundException');
});

test('boto3 makes, lists, tags and deletes, and knows the exceptions', async () => {
  const script = `
import boto3, sys
builder = boto3.client('imagebuilder', endpoint_url=sys.argv[1])
def component(**more):
    said = dict(name='Part', semanticVersion='1.0.0', platform='Linux', data=sys.argv[3])
    return builder.create_component(**dict(said, **more))['componentBuildVersionArn']
builds = [component() for _ in range(3)]
print([arn[-7:] for arn in builds])
try: component(dryRun=True)
except builder.exceptions.ClientError as error: print(error.response['Error']['Code'])
except Exception as error: print(type(error).__name__)
try: component(semanticVersion='1.0')
except builder.exceptions.ClientError as error: print(error.response['Error']['Code'])
version = dict(componentVersionArn=builds[0].rsplit('/', 1)[0], maxResults=2)
page = builder.list_component_build_versions(**version)
rest = builder.list_component_build_versions(**version, nextToken=page['nextToken'])
print([len(each['componentSummaryList']) for each in (page, rest)])
newest = builds[0].replace('1.0.0/1', '1.x.x')
print(builder.get_component(componentBuildVersionArn=newest)['component']['arn'][-7:])
recipe = dict(name='Base', semanticVersion='2.0.0', parentImage=sys.argv[2],
    components=[{'componentArn': newest}])
arn = builder.create_image_recipe(**recipe)['imageRecipeArn']
try: builder.create_image_recipe(**recipe)
except builder.exceptions.ResourceAlreadyExistsException as error: print('exists')
builder.tag_resource(resourceArn=arn, tags={'a': '1', 'b': '2'})
builder.untag_resource(resourceArn=arn, tagKeys=['a'])
print(builder.list_tags_for_resource(resourceArn=arn)['tags'])
try: builder.create_image_recipe(**dict(recipe, name='Other', parentImage='ami-0fedcba9876543210'))
except builder.exceptions.InvalidParameterValueException as error: print('invalid')
builder.delete_image_recipe(imageRecipeArn=arn)
for build in builds: builder.delete_component(componentBuildVersionArn=build)
try: builder.get_image(imageBuildVersionArn=arn.replace('image-recipe', 'image') + '/1')
except builder.exceptions.ResourceNotFoundException as error: print('gone')
print([each['name'] for each in builder.list_components(owner='Self')['componentVersionList']])
`;
  const words = ['-c', script, imago.endpoint, parentImage, componentData];
  const printed = await debianClient(imago, 'python3', words);
  const lines = printed.trim().split('\n');
  // That client may be older than dryRun, and refuse it by itself.
  assert.match(lines.splice(1, 1)[0] ?? '', /^(DryRunOperationException|ParamValidationError)$/);
  assert.deepEqual(lines, [
    "['1.0.0/1', '1.0.0/2', '1.0.0/3']",
    'InvalidVersionNumberException',
    '[2, 1]',
    '1.0.0/3',
    'exists',
    "{'b': '2'}",
    'invalid',
    'gone',
    '[]',
  ]);
});

test('DryRun does all that a creation does, and keeps nothing', async () => {
  const component = { name: 'Dry', semanticVersion: '1.0.0', platform: 'Linux' } as const;
  const dry = { ...component, data: componentData, dryRun: true };
  const refused = client.send(new CreateComponentCommand(dry));
  await assert.rejects(refused, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.deepEqual(
      [error.name, error.$metadata?.httpStatusCode],
      ['DryRunOperationException', 412],
    );
    return true;
  });
  const wrong = client.send(new CreateComponentCommand({ ...dry, data: 'phases: []' }));
  await assert.rejects(wrong, { name: 'InvalidParameterValueException' });
  const filters = [{ name: 'name', values: ['Dry'] }];
  const { componentVersionList } = await client.send(new ListComponentsCommand({ filters }));
  assert.deepEqual(componentVersionList, []);
});
