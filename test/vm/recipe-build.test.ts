/**
 * A whole build of a recipe on `micro`, by the official client: a component changes a machine, the
 * image that it becomes passes its test on a machine of its own, and nothing of the build is in it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
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
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';

const run = promisify(execFile);

let imago: ImagoProcess;
let client: ImagebuilderClient;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  const { endpoint, credentials } = imago;
  client = new ImagebuilderClient({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
});
after(async () => {
  await imago?.dispose();
});

const data = `schemaVersion: 1.0
parameters:
  - Colour:
      type: string
phases:
  - name: build
    steps:
      - name: Create
        action: CreateFile
        inputs: [{ path: /etc/golden, content: "it's {{ Colour }}\\n", permissions: "0640" }]
      - name: Script
        action: ExecuteBash
        inputs:
          commands:
            - mkdir -p /root/.ssh && echo ssh-ed25519 AAAA > /root/.ssh/authorized_keys
            - echo secret > /root/.ash_history
            - cat /etc/golden
  - name: validate
    steps:
      - name: Golden
        action: Assert
        inputs:
          stringEquals: it's golden
          value: '{{ build.Script.outputs.stdout }}'
  - name: test
    steps:
      - name: There
        action: ExecuteBash
        inputs:
          commands:
            - set -e
            - grep golden /etc/golden
            - test ! -e /root/.ssh/authorized_keys
            - test ! -e /root/.ash_history
`;

test('micro: a recipe is built, tested, and clean', async () => {
  const { Images = [] } = await imago.ec2().send(new DescribeImagesCommand({}));
  const parent = Images.find(({ Name }) => Name?.startsWith('imago-micro'));
  const semanticVersion = '1.0.0';
  const { componentBuildVersionArn: componentArn } = await client.send(
    new CreateComponentCommand({ name: 'Gilding', semanticVersion, platform: 'Linux', data }),
  );
  const { imageRecipeArn } = await client.send(
    new CreateImageRecipeCommand({
      name: 'Golden',
      semanticVersion,
      parentImage: parent?.ImageId,
      components: [{ componentArn, parameters: [{ name: 'Colour', value: ['golden'] }] }],
    }),
  );
  const { infrastructureConfigurationArn } = await client.send(
    new CreateInfrastructureConfigurationCommand({
      name: 'Small',
      instanceProfileName: 'none',
      instanceTypes: ['t3.nano'],
    }),
  );
  const { imageBuildVersionArn = '' } = await client.send(
    new CreateImageCommand({ imageRecipeArn, infrastructureConfigurationArn }),
  );

  // It follows the build to its end.
  const args = ['images', 'build-log', imageBuildVersionArn, '-f', '--home', imago.home];
  const { stdout: log } = await run(launcher, args);
  assert.match(log, /it's golden/);

  const { image } = await client.send(new GetImageCommand({ imageBuildVersionArn }));
  assert.equal(image?.state?.status, 'AVAILABLE', `${image?.state?.reason}\n${log}`);
  const [ami] = image?.outputResources?.amis ?? [];
  const { workflowExecutions = [] } = await client.send(
    new ListWorkflowExecutionsCommand({ imageBuildVersionArn }),
  );
  assert.deepEqual(new Set(workflowExecutions.map(({ status }) => status)), new Set(['COMPLETED']));
  const { Reservations = [] } = await imago.ec2().send(new DescribeInstancesCommand({}));
  const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State);
  assert.deepEqual(new Set(states.map((state) => state?.Name)), new Set(['terminated']));

  const checked = await run(launcher, ['market', 'check', ami?.image ?? '', '--home', imago.home]);
  assert.match(checked.stdout, /[Nn]othing/);
});
