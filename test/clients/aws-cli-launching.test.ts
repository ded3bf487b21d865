/** Launch options, attributes and metadata options by aws-cli, on simulated machines. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
let instanceId: string;
let userData: Buffer;

before(async () => {
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home, flags: ['--zones', '2'] });
});
after(async () => {
  await imago?.dispose();
});

const ec2 = (...words: string[]) => aws(imago, 'ec2', ...words);
const ofInstance = (...words: string[]) => ec2(...words, '--instance-id', instanceId);

async function attribute(name: string): Promise<Record<string, { Value?: unknown }>> {
  const answer = await ofInstance('describe-instance-attribute', '--attribute', name);
  return answer as Record<string, { Value?: unknown }>;
}

test('a launch with all options: credits, processors, metadata, protection, bytes as user data', async () => {
  userData = randomBytes(16 * 1024);
  const file = path.join(imago.home, 'user-data');
  writeFileSync(file, userData);
  const image = (await ec2(
    ...['describe-images', '--owners', 'amazon', '--query', 'Images[0].ImageId'],
  )) as string;
  const made = (await ec2(
    ...['run-instances', '--image-id', image, '--instance-type', 't3.medium'],
    ...['--credit-specification', 'CpuCredits=standard'],
    ...['--cpu-options', 'CoreCount=1,ThreadsPerCore=2'],
    ...['--metadata-options', 'HttpTokens=required,InstanceMetadataTags=enabled'],
    ...['--enclave-options', 'Enabled=false', '--hibernation-options', 'Configured=false'],
    ...['--maintenance-options', 'AutoRecovery=default', '--monitoring', 'Enabled=true'],
    ...['--capacity-reservation-specification', 'CapacityReservationPreference=open'],
    ...['--private-dns-name-options', 'HostnameType=ip-name'],
    ...['--placement', 'AvailabilityZone=us-east-1b,Tenancy=default'],
    ...['--disable-api-termination', '--user-data', `fileb://${file}`],
    ...['--query', 'Instances[0]'],
  )) as Record<string, unknown>;
  instanceId = made.InstanceId as string;
  assert.deepEqual(made.CpuOptions, { CoreCount: 1, ThreadsPerCore: 2 });
  assert.equal((made.Placement as Record<string, string>).AvailabilityZone, 'us-east-1b');
  await ec2('wait', 'instance-running', '--instance-ids', instanceId);
  const { UserData } = await attribute('userData');
  assert.deepEqual(Buffer.from(`${UserData?.Value}`, 'base64'), userData);
  assert.deepEqual((await attribute('disableApiTermination')).DisableApiTermination, {
    Value: true,
  });
});

test('attributes by their own option, or by --attribute and --value', async () => {
  await ofInstance('modify-instance-attribute', '--no-disable-api-termination');
  const words = ['--attribute', 'instanceInitiatedShutdownBehavior', '--value', 'terminate'];
  await ofInstance('modify-instance-attribute', ...words);
  const { InstanceInitiatedShutdownBehavior } = await attribute(
    'instanceInitiatedShutdownBehavior',
  );
  assert.deepEqual(InstanceInitiatedShutdownBehavior, { Value: 'terminate' });
  const mapping = [{ DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: false } }];
  await ofInstance(
    ...['modify-instance-attribute', '--block-device-mappings', JSON.stringify(mapping)],
  );
  await assert.rejects(
    ofInstance('modify-instance-attribute', '--instance-type', 'Value=t3.small'),
    /IncorrectInstanceState/,
  );
  await ofInstance('reset-instance-attribute', '--attribute', 'sourceDestCheck');
});

test('metadata options, credits, monitoring and offerings', async () => {
  const changed = (await ofInstance(
    ...['modify-instance-metadata-options', '--http-put-response-hop-limit', '3'],
    ...['--http-endpoint', 'enabled', '--query', 'InstanceMetadataOptions'],
  )) as Record<string, unknown>;
  assert.deepEqual([changed.HttpPutResponseHopLimit, changed.HttpTokens], [3, 'required']);
  const credits = `InstanceId=${instanceId},CpuCredits=unlimited`;
  await ec2('modify-instance-credit-specification', '--instance-credit-specification', credits);
  const words = ['--query', 'InstanceCreditSpecifications[0].CpuCredits'];
  assert.equal(await ec2('describe-instance-credit-specifications', ...words), 'unlimited');
  await ec2('unmonitor-instances', '--instance-ids', instanceId);
  const offerings = await ec2(
    ...['describe-instance-type-offerings', '--location-type', 'availability-zone'],
    ...['--filters', 'Name=instance-type,Values=t3.micro'],
    ...['--query', 'InstanceTypeOfferings[].Location'],
  );
  assert.deepEqual(offerings, ['us-east-1a', 'us-east-1b']);
  await ec2('terminate-instances', '--instance-ids', instanceId);
});
