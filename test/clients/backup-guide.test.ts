/**
 * docs/guides/backup.md from front to back: all that it says to type, as a reader would type it one
 * after the other, with Debian's aws-cli, and what has come of it. Guests are simulated here;
 * test/vm/recover.soak.ts follows its worst day with a real one.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateLifecyclePolicyCommand,
  type CreateLifecyclePolicyCommandInput,
  DLMClient,
  GetLifecyclePolicyCommand,
} from '@aws-sdk/client-dlm';
import {
  CompleteSnapshotCommand,
  EBSClient,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import {
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  RegisterImageCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { putRequest, testBlock } from '../../server/operations/test-uploads.ts';
import { FarProxy, ownCertificate } from '../support/far-proxy.ts';
import { FollowedGuide } from '../support/followed-guide.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage, waitForState } from '../support/launch.ts';
import { untilInStep } from '../support/second-store.ts';
import { until } from '../support/until.ts';

const elsewhere = 'So that a host may burn down';
const hypervisor = 'simulated';
let guide: FollowedGuide;
let imago: ImagoProcess;
let machine: string;
let takeOne: string;
before(async () => {
  guide = new FollowedGuide('backup.md');
  takeOne = guide.takeAll('Take one now');
  await guide.type(guide.take(elsewhere, 'sh'));
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor, home, flags: guide.served() });
});
after(async () => {
  await imago?.dispose();
  guide[Symbol.dispose]();
});

const titles = [
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

test('what the guide says to type to go back is done', async () => {
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
  machine = made?.InstanceId ?? '';
  await waitForState(ec2, machine, 'running');
  const commands = [
    `machine=${machine}`,
    takeOne,
    ...titles.map((title) => guide.takeAll(title)),
    'test -s restored/etc/passwd; tar -tf bin.tar bin/busybox',
  ];
  const printed = await guide.type(commands.join('\n'), imago);
  assert.match(printed, new RegExp(`^${machine} +web-1 +ami-\\w+ .* available +hand`, 'm'));
  assert.match(printed, /^policy-\w+\tENABLED\tEvery night$/m);
  assert.match(
    printed,
    /^keep +ami-\w+ .* available +last snapshot, daily snapshot, .*last good$/m,
  );
  assert.match(printed, /in use \(by its last backup\), of which .* each day \(assumed\)\.$/m);
  assert.match(printed, /^PrivateIpAddress +172\.31\.\S+ +172\.31\.\S+ +Address .* is in use/m);
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

/** `--of-two-words VALUE` of a command as `OfTwoWords`. */
function membersOf(command: string): Record<string, string> {
  const words = command.matchAll(/ --([a-z-]+) (?:'([^']*)'|(\S+))/g);
  const pascal = (name: string) =>
    name.replaceAll(/(?:^|-)(.)/g, (_, first) => first.toUpperCase());
  return Object.fromEntries(
    [...words].map(([, name = '', quoted, word = '']) => [pascal(name), quoted ?? word]),
  );
}

test('the policy with scripts is taken from a client that knows them', async () => {
  const [, create = '', get = ''] =
    /^scripted=\$\((aws dlm create.*)\)$\n(.*)/ms.exec(
      guide.take('Let a policy take them', 'sh'),
    ) ?? [];
  const { PolicyDetails = '', Query, Output, ...members } = membersOf(create);
  const asked = { ...members, PolicyDetails: JSON.parse(PolicyDetails) };
  const { endpoint, credentials } = imago;
  const dlm = new DLMClient({ endpoint, region: 'us-east-1', credentials });
  const { PolicyId } = await dlm.send(
    new CreateLifecyclePolicyCommand(asked as CreateLifecyclePolicyCommandInput),
  );
  assert.match(await guide.type(`scripted=${PolicyId}\n${get}`, imago), /^ENABLED$/m);
  const { Policy } = await dlm.send(new GetLifecyclePolicyCommand({ PolicyId }));
  const [schedule] = Policy?.PolicyDetails?.Schedules ?? [];
  assert.deepEqual(
    [schedule?.CreateRule?.Scripts?.[0]?.ExecutionHandler, schedule?.RetainRule?.Count],
    ['hold-the-shop', 24],
  );
});

test('each check of its file is made in a drill', async () => {
  // `micro` has no psql, and a query is tried for a minute.
  const looks = guide
    .take('Is it any good?', 'yaml')
    .replace('/usr/bin/psql', '/bin/busybox')
    .replace('equals: t\n', '$&    within: 1\n');
  writeFileSync(guide.place('looks.yaml'), looks);
  const drill = 'bin/imago drill "$backup" --checks looks.yaml || test $? = 1';
  const printed = await guide.type(drill, imago);
  // Of the machine itself, then those of the file. A simulated one says nothing, and is believed.
  const told = [...printed.matchAll(/^ {2}(✔|✖) (.*?)(?=: its | {2}\d)/gm)];
  assert.deepEqual(
    told.map(([, mark, name]) => `${mark} ${name}`),
    [
      '✔ file /etc/os-release',
      '✔ command test -e /srv/shop/VERSION',
      '✔ service postgresql',
      '✔ port 5432',
      '✖ orders are there',
      '✖ file /etc/ssl/ca.pem',
      '✖ compare /etc/passwd',
      '✖ compare /bin/busybox',
    ],
  );
});

/** One block is quick to send. */
async function smallImage(): Promise<string> {
  const { endpoint, credentials } = imago;
  const ebs = new EBSClient({ endpoint, region: 'us-east-1', credentials });
  const { SnapshotId = '' } = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1 }));
  await ebs.send(new PutSnapshotBlockCommand(putRequest(SnapshotId, 0, testBlock('small'))));
  await ebs.send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount: 1 }));
  const ec2 = imago.ec2();
  await until('the snapshot is whole', async () => {
    const asked = new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] });
    return (await ec2.send(asked)).Snapshots?.[0]?.State === 'completed';
  });
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }];
  const image = {
    Name: 'small',
    Architecture: 'x86_64' as const,
    VirtualizationType: 'hvm',
    RootDeviceName: '/dev/xvda',
    BlockDeviceMappings,
  };
  return (await ec2.send(new RegisterImageCommand(image))).ImageId ?? '';
}

const records = /^\/imago\//;
const ebsActions: [RegExp, string][] = [
  [/^POST \/snapshots$/, 'StartSnapshot'],
  [/^POST \/snapshots\/completion\//, 'CompleteSnapshot'],
  [/^PUT \/snapshots\/[^/]+\/blocks\//, 'PutSnapshotBlock'],
  [/^GET \/snapshots\/[^/]+\/blocks\//, 'GetSnapshotBlock'],
  [/^GET \/snapshots\/[^/]+\/blocks\?/, 'ListSnapshotBlocks'],
  [/^GET \/snapshots\/[^/]+\/changedblocks\?/, 'ListChangedBlocks'],
];

function actionOf({ method, path, sent }: { method: string; path: string; sent: Buffer }): string {
  if (path === '/') return `ec2:${new URLSearchParams(sent.toString()).get('Action')}`;
  return `ebs:${ebsActions.find(([form]) => form.test(`${method} ${path}`))?.[1]}`;
}

test('backups go to a remote and come from there, with no more than the policy for AWS allows', async () => {
  const title = 'To another Imago, or AWS';
  const { Statement } = JSON.parse(guide.take(title, 'json'));
  const allowed: string[] = Statement.flatMap(({ Action }: { Action: string[] }) => Action);
  const far = await ImagoProcess.start({ hypervisor });
  const certified = ownCertificate();
  const proxy = await FarProxy.to(() => far.endpoint, certified);
  try {
    const used = new Set<string>();
    proxy.rules.refuse = (passed) => {
      if (records.test(passed.path)) return;
      const action = actionOf(passed);
      used.add(action);
      if (allowed.includes(action)) return;
      return { status: 403, body: '<Code>UnauthorizedOperation</Code>' };
    };
    mkdirSync(guide.place('.aws'));
    for (const name of ['second.credentials', 'third.credentials', '.aws/credentials']) {
      copyFileSync(path.join(far.home, 'credentials'), guide.place(name));
    }
    writeFileSync(guide.place('second.pem'), certified.cert);
    const commands = guide
      .take(title, 'sh')
      .replaceAll('https://imago.example:4566', proxy.endpoint)
      .replaceAll('https://third.example:4566', far.endpoint);
    const typed = `backup=${await smallImage()}\n${commands}`;
    const printed = await guide.type(typed, imago);
    assert.match(printed, /^aws \(remote-\w+\)\nAWS eu-central-1 /m);
    assert.match(printed, /^second \(remote-\w+\)\nhttps:.* 20.0 MiB\/s$/m);
    assert.match(printed, /^third \(remote-\w+\)\nhttp:.* backup=nightly$/m);
    const [, back = ''] = / from second\ntransfer-.* (ami-\w+) +completed$/m.exec(printed) ?? [];
    const own = new DescribeImagesCommand({ Owners: ['self'] });
    const { Images: here = [] } = await imago.ec2().send(own);
    assert.equal(here.find(({ ImageId }) => ImageId === back)?.Name, 'back');
    const tag = { Resources: [back], Tags: [{ Key: 'backup', Value: 'nightly' }] };
    await imago.ec2().send(new CreateTagsCommand(tag));
    await until('what has the tag is sent to the third one', async () => {
      const { Images: there = [] } = await far.ec2().send(own);
      return there.some(({ Name, State }) => Name === 'back' && State === 'available');
    });
    // By a pull that fetches what differs, and to take away what was not finished.
    assert.deepEqual(
      allowed.filter((action) => !used.has(action)),
      ['ebs:ListChangedBlocks', 'ec2:DescribeVolumes', 'ec2:DeregisterImage', 'ec2:DeleteSnapshot'],
    );
    assert.deepEqual(
      [...used].filter((action) => !allowed.includes(action)),
      [],
    );
  } finally {
    await proxy[Symbol.asyncDispose]();
    await far.dispose();
  }
});

test('the host burns down, and the machine runs on another', async () => {
  const title = 'The host burnt down';
  await guide.type(guide.take(elsewhere, 'sh'));
  // Its root volume was replaced since it was backed up.
  await guide.type(takeOne.replace('the change', 'the fire'), imago);
  // The catalog is sealed when Imago stops, and copied soon after the next start.
  await imago.stop();
  await imago.start();
  await untilInStep(imago.home, guide.place('mnt/second/imago'));
  await guide.type(guide.take(elsewhere, 'sh'));
  await imago.dispose();

  // It ends with 1, as machines that were restored have no backup.
  const recover = /^bin\/imago recover .*$/gm;
  const commands = guide.take(title, 'sh').replaceAll(recover, '$& || test $? = 1');
  const told = await guide.type(commands);
  assert.match(told, new RegExp(`${machine} \\(web-1\\) starts from snap-\\w+ of`));
  const home = guide.place('var/lib/imago');
  imago = await ImagoProcess.start({ hypervisor, home, flags: guide.served() });
  const printed = await guide.type(guide.take(title, 'sh'), imago);
  assert.match(printed, new RegExp(`^${machine} .*stopped`, 'm'));
  await waitForState(imago.ec2(), machine, 'running');
});

test('the guide has nothing that was not followed', () => {
  assert.deepEqual(guide.left(), []);
});
