/**
 * Launch templates and fleets by aws-cli, in the calls that Ansible's ec2_launch_template makes.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
let image: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  const filter = ['--filters', 'Name=name,Values=imago-micro-*'];
  image = await ec2('describe-images', ...filter, '--query', 'Images[0].ImageId');
});
after(async () => {
  await imago?.dispose();
});

async function ec2<Answer = string>(action: string, ...words: string[]): Promise<Answer> {
  return (await aws(imago, 'ec2', action, ...words)) as Answer;
}

async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error) => /\((\w+(\.\w+)*)\)/.exec(error.stderr)?.[1] ?? error.message,
  );
}

const named = ['--launch-template-name', 'ansible'];
const data = (members: object) => ['--launch-template-data', JSON.stringify(members)];

test('a template from its creation to its end', async () => {
  const absent = ec2('describe-launch-templates', '--launch-template-names', 'ansible');
  assert.equal(await refusal(absent), 'InvalidLaunchTemplateName.NotFoundException');
  const id = await ec2(
    ...['create-launch-template', ...named],
    ...data({ ImageId: image, InstanceType: 't3.nano', Monitoring: { Enabled: false } }),
    ...['--version-description', 'first', '--query', 'LaunchTemplate.LaunchTemplateId'],
  );
  const byId = ['--launch-template-id', id];
  const number = await ec2<number>(
    ...['create-launch-template-version', ...byId, '--source-version', '1'],
    ...data({ InstanceType: 't3.micro' }),
    ...['--query', 'LaunchTemplateVersion.VersionNumber'],
  );
  assert.equal(number, 2);
  const types = await ec2<string[]>(
    ...['describe-launch-template-versions', ...byId, '--page-size', '1'],
    ...['--query', 'LaunchTemplateVersions[].LaunchTemplateData.InstanceType'],
  );
  assert.deepEqual(types, ['t3.micro', 't3.nano']);
  await ec2('modify-launch-template', ...byId, '--default-version', '2');
  const latest = await ec2<{ LaunchTemplateData: object }[]>(
    ...['describe-launch-template-versions', '--versions', '$Latest', '$Default'],
    ...['--query', 'LaunchTemplateVersions'],
  );
  assert.equal(latest.length, 1);
  assert.deepEqual(latest[0]?.LaunchTemplateData, {
    ImageId: image,
    InstanceType: 't3.micro',
    Monitoring: { Enabled: false },
  });
  const instance = await ec2(
    ...['run-instances', '--launch-template', 'LaunchTemplateName=ansible,Version=1'],
    ...['--instance-type', 't3.small', '--query', 'Instances[0].InstanceId'],
  );
  await ec2('wait', 'instance-running', '--instance-ids', instance);
  const told = await ec2(
    ...['get-launch-template-data', '--instance-id', instance],
    ...['--query', 'LaunchTemplateData.InstanceType'],
  );
  assert.equal(told, 't3.small');
  const deletion = await ec2<Record<string, unknown[]>>(
    ...['delete-launch-template-versions', ...byId, '--versions', '1', '2'],
  );
  assert.equal(deletion.SuccessfullyDeletedLaunchTemplateVersions?.length, 1);
  assert.equal(deletion.UnsuccessfullyDeletedLaunchTemplateVersions?.length, 1);
  await ec2('delete-launch-template', ...named);
  const again = ec2('describe-launch-templates', '--launch-template-ids', id);
  assert.equal(await refusal(again), 'InvalidLaunchTemplateId.NotFound');
});

test('a fleet, and one of spot instances, which is refused', async () => {
  const name = ['--launch-template-name', 'fleet'];
  await ec2(
    'create-launch-template',
    ...name,
    ...data({ ImageId: image, InstanceType: 't3.nano' }),
  );
  const config = JSON.stringify([
    { LaunchTemplateSpecification: { LaunchTemplateName: 'fleet', Version: '1' } },
  ]);
  const fleet = (kind: string) =>
    ec2<{ FleetId: string; Instances: { InstanceIds: string[] }[] }>(
      ...['create-fleet', '--type', 'instant', '--launch-template-configs', config],
      ...['--target-capacity-specification'],
      `TotalTargetCapacity=2,DefaultTargetCapacityType=${kind}`,
    );
  const { FleetId, Instances } = await fleet('on-demand');
  assert.equal(Instances[0]?.InstanceIds.length, 2);
  assert.equal(await refusal(fleet('spot')), 'UnsupportedOperation');
  const state = ['--query', 'Fleets[0].FulfilledCapacity'];
  assert.equal(await ec2('describe-fleets', '--fleet-ids', FleetId, ...state), 2);
  await ec2('delete-fleets', '--fleet-ids', FleetId, '--terminate-instances');
  const gone = ec2('describe-fleets', '--fleet-ids', FleetId);
  assert.equal(await refusal(gone), 'InvalidFleetId.NotFound');
});
