/**
 * Launch templates and fleets as the official client sees them on the wire: launches of templates,
 * long lists, fleets. (What Terraform asks for is in test/clients/terraform-*.)
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteFleetsCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeFleetsCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeTagsCommand,
  type EC2Client,
  GetLaunchTemplateDataCommand,
  paginateDescribeLaunchTemplates,
  paginateDescribeLaunchTemplateVersions,
  type RequestLaunchTemplateData,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let ImageId: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  ImageId = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

const waiting = () => ({ client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 2 });

async function make(LaunchTemplateName: string, LaunchTemplateData: RequestLaunchTemplateData) {
  const { LaunchTemplate, Warning } = await ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }),
  );
  assert.equal(Warning, undefined);
  return LaunchTemplate?.LaunchTemplateId ?? '';
}
async function run(more: Partial<RunInstancesCommandInput>) {
  const request = { MinCount: 1, MaxCount: 1, ...more };
  const { Instances } = await ec2.send(new RunInstancesCommand(request));
  const InstanceId = Instances?.[0]?.InstanceId ?? '';
  await waitUntilInstanceRunning(waiting(), { InstanceIds: [InstanceId] });
  const described = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
  const instance = described.Reservations?.[0]?.Instances?.[0];
  assert.ok(instance);
  return { ...instance, InstanceId };
}

test('an instance of a template has its own values over it', async () => {
  const LaunchTemplateId = await make('for-instances', { ImageId, InstanceType: 't3.nano' });
  const instance = await run({
    ClientToken: 'instance',
    LaunchTemplate: { LaunchTemplateName: 'for-instances', Version: '$Latest' },
    InstanceType: 't3.small',
    CreditSpecification: { CpuCredits: 'unlimited' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'own' }] }],
  });
  assert.equal(instance.InstanceType, 't3.small');
  const { InstanceId } = instance;
  const told = await ec2.send(new GetLaunchTemplateDataCommand({ InstanceId }));
  assert.equal(told.LaunchTemplateData?.ImageId, ImageId);
  const copy = await make('of-instance', told.LaunchTemplateData as RequestLaunchTemplateData);
  const second = await run({ LaunchTemplate: { LaunchTemplateId: copy } });
  assert.equal(second.InstanceType, 't3.small');
  assert.notEqual(second.PrivateIpAddress, instance.PrivateIpAddress);
  const filter = { Name: 'tag:aws:ec2launchtemplate:id', Values: [LaunchTemplateId] };
  const found = await ec2.send(new DescribeInstancesCommand({ Filters: [filter] }));
  assert.equal(found.Reservations?.length, 1);
  const InstanceIds = [InstanceId, second.InstanceId];
  await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
});

test('long lists come whole, and page by page', async () => {
  const LaunchTemplateId = await make('many', { InstanceType: 't3.nano' });
  const count = 205;
  for (let number = 2; number <= count; number++) {
    const LaunchTemplateData = { KeyName: `key-${number}` };
    await ec2.send(
      new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData }),
    );
  }
  const whole = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId }));
  const numbers = whole.LaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber);
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_, index) => count - index),
  );
  const paged: (number | undefined)[] = [];
  const config = { client: ec2, pageSize: 100 };
  for await (const page of paginateDescribeLaunchTemplateVersions(config, { LaunchTemplateId })) {
    paged.push(...(page.LaunchTemplateVersions ?? []).map(({ VersionNumber }) => VersionNumber));
  }
  assert.deepEqual(paged, numbers);
  const Versions = ['1', '2', '7'];
  const deleted = await ec2.send(
    new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions }),
  );
  assert.equal(deleted.SuccessfullyDeletedLaunchTemplateVersions?.length, 2);
  const [kept] = deleted.UnsuccessfullyDeletedLaunchTemplateVersions ?? [];
  assert.equal(kept?.VersionNumber, 1);
  assert.equal(kept?.ResponseError?.Code, 'unexpectedError');
  const names: (string | undefined)[] = [];
  for await (const page of paginateDescribeLaunchTemplates({ client: ec2, pageSize: 1 }, {})) {
    names.push(...(page.LaunchTemplates ?? []).map((each) => each.LaunchTemplateName));
  }
  assert.deepEqual(names.sort(), ['for-instances', 'many', 'of-instance']);
});

test('an instant fleet', async () => {
  const LaunchTemplateId = await make('for-fleets', { ImageId, InstanceType: 't3.nano' });
  const LaunchTemplateSpecification = { LaunchTemplateId, Version: '$Default' };
  const Overrides = [
    { InstanceType: 't3.small' as const, Priority: 2 },
    { InstanceType: 't3.micro' as const, Priority: 1 },
    { InstanceType: 't3.nano' as const, ImageId: 'ami-0123456789abcdef0', Priority: 0 },
  ];
  const { FleetId = '', ...made } = await ec2.send(
    new CreateFleetCommand({
      Type: 'instant',
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification, Overrides }],
      TargetCapacitySpecification: {
        TotalTargetCapacity: 2,
        DefaultTargetCapacityType: 'on-demand',
      },
      OnDemandOptions: { AllocationStrategy: 'prioritized' },
      TagSpecifications: [{ ResourceType: 'fleet', Tags: [{ Key: 'a', Value: 'b' }] }],
    }),
  );
  assert.deepEqual(
    made.Errors?.map(({ ErrorCode }) => ErrorCode),
    ['InvalidAMIID.NotFound'],
  );
  const InstanceIds = made.Instances?.[0]?.InstanceIds ?? [];
  assert.equal(InstanceIds.length, 2);
  assert.equal(made.Instances?.[0]?.InstanceType, 't3.micro');
  await waitUntilInstanceRunning(waiting(), { InstanceIds });
  const { Fleets } = await ec2.send(new DescribeFleetsCommand({ FleetIds: [FleetId] }));
  assert.deepEqual(Fleets?.[0]?.Tags, [{ Key: 'a', Value: 'b' }]);
  assert.equal(Fleets?.[0]?.FulfilledCapacity, 2);
  assert.deepEqual(Fleets?.[0]?.LaunchTemplateConfigs?.[0]?.Overrides, Overrides);
  const filter = { Name: 'resource-type', Values: ['fleet'] };
  const { Tags } = await ec2.send(new DescribeTagsCommand({ Filters: [filter] }));
  assert.equal(Tags?.[0]?.ResourceId, FleetId);
  const ended = await ec2.send(
    new DeleteFleetsCommand({ FleetIds: [FleetId], TerminateInstances: true }),
  );
  assert.equal(ended.SuccessfulFleetDeletions?.[0]?.CurrentFleetState, 'deleted_terminating');
  await waitUntilInstanceTerminated(waiting(), { InstanceIds });
});
