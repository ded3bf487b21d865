/**
 * docs/guides/backup.md, as far as it is about going back: its commands, as a reader would type them
 * one after the other, with Debian's aws-cli, and what has come of them.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DescribeInstancesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, repository } from '../support/imago.ts';
import { providerImage, waitForState } from '../support/launch.ts';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
});
after(() => imago?.dispose());

const titles = [
  'Take one now',
  'Let a policy take them',
  'See what there is to go back to',
  'Keep fewer',
  'What will a policy come to?',
  'A machine is gone',
  'Data of one volume is needed',
  'A few files are needed',
  'A machine runs and is broken',
  'Is it any good?',
];

/** Those of a part of the guide, lines that go on put together. */
function commandsUnder(title: string): string {
  const guide = readFileSync(path.join(repository, 'docs/guides/backup.md'), 'utf8');
  const part = guide.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? '';
  const blocks = [...part.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, language]) => language === '')
    .map(([, , block]) => block);
  assert.ok(blocks.length > 0, title);
  return blocks.join('').replaceAll(/\\\n\s*/g, '');
}

test('what the guide says to type on the worst day is done', async () => {
  const ec2 = imago.ec2();
  const image = await providerImage(ec2, 'imago-micro-*');
  const tags = [{ Key: 'Name', Value: 'web-1' }];
  const { Instances: [made] = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: image.ImageId,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }],
      TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
    }),
  );
  const machine = made?.InstanceId ?? '';
  await waitForState(ec2, machine, 'running');
  const command = [
    'set -eux -o pipefail',
    `machine=${machine}`,
    `ln -s "${repository}/bin" bin`,
    'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }',
    ...titles.map(commandsUnder),
    'test -s restored/etc/passwd; tar -tf bin.tar bin/busybox',
  ].join('\n');
  const environment = { IMAGO_HOME: imago.home, AWS_ENDPOINT_URL: imago.endpoint };
  const words = ['-c', `cd "$(mktemp -d -p "$HOME")"; ${command}`];
  const printed = await debianClient(imago, 'bash', words, { environment });
  assert.match(printed, new RegExp(`^${machine} +web-1 +ami-\\w+ .* available +hand`, 'm'));
  assert.match(printed, /^policy-\w+\tENABLED\tEvery night$/m);
  assert.match(
    printed,
    /^keep +ami-\w+ .* available +last snapshot, daily snapshot, .*last good$/m,
  );
  assert.match(printed, /in use \(by its last backup\), of which .* each day \(assumed\)\.$/m);
  assert.match(printed, /^PrivateIpAddress +172\.31\.\S+ +another one +Address .* is in use/m);
  assert.match(printed, /^bin\/busybox$/m);
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const restored = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ InstanceId }) => InstanceId !== machine,
  );
  assert.deepEqual(restored.map(({ InstanceType }) => InstanceType).sort(), [
    't3.micro',
    't3.small',
    't3.small',
  ]);
  for (const { Tags, BlockDeviceMappings } of restored) {
    assert.deepEqual([Tags, BlockDeviceMappings?.length], [tags, 2]);
  }
});
