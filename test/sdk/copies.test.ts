/**
 * Copies from one region into another, as official clients ask for them: SDK and aws-cli sign a URL
 * for the source's region, whether it is needed or not. The other region has a block store of its
 * own.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CopyImageCommand,
  CopySnapshotCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
  RunInstancesCommand,
  waitUntilImageAvailable,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { Home } from '../../server/foundations/home.ts';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage, waitForState } from '../support/launch.ts';

const SourceRegion = 'us-east-1';
const elsewhere = 'eu-west-1';

let folder: string;
let imago: ImagoProcess;
let there: EC2Client;
let image: Image;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'im-store-'));
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    regions: [SourceRegion, `${elsewhere}=${path.join(folder, 'blocks')}`],
  });
  there = imago.ec2(elsewhere);
  image = await providerImage(imago.ec2(SourceRegion), 'imago-micro-*');
});
after(async () => {
  await imago?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const soon = () => ({ client: there, minDelay: 1, maxDelay: 1, maxWaitTime: 60 });
const source = () => image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';

test('an image is copied into another region and launched there', async () => {
  const { ImageId = '' } = await there.send(
    new CopyImageCommand({ Name: 'copied', SourceImageId: image.ImageId, SourceRegion }),
  );
  await waitUntilImageAvailable(soon(), { ImageIds: [ImageId] });
  const { Images = [] } = await there.send(new DescribeImagesCommand({ Owners: ['self'] }));
  assert.deepEqual(
    Images.map((each) => [each.ImageId, each.SourceImageId, each.SourceImageRegion]),
    [[ImageId, image.ImageId, SourceRegion]],
  );
  const { Instances } = await there.send(
    new RunInstancesCommand({ ImageId, InstanceType: 't3.nano', MinCount: 1, MaxCount: 1 }),
  );
  await waitForState(there, Instances?.[0]?.InstanceId ?? '', 'running');
});

test('a snapshot is copied by the SDK', async () => {
  const { SnapshotId = '' } = await there.send(
    new CopySnapshotCommand({ SourceSnapshotId: source(), SourceRegion, Description: 'by SDK' }),
  );
  await waitUntilSnapshotCompleted(soon(), { SnapshotIds: [SnapshotId] });
  const { Snapshots = [] } = await there.send(
    new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }),
  );
  assert.deepEqual(
    Snapshots.map((each) => [each.Description, each.Progress, each.TransferType]),
    [['by SDK', '100%', 'standard']],
  );
});

test('a snapshot and an image are copied by aws-cli', async () => {
  const from = ['--region', elsewhere, '--source-region', SourceRegion];
  const tags = 'ResourceType=snapshot,Tags=[{Key=by,Value=cli}]';
  const copy = (await aws(
    imago,
    ...['ec2', 'copy-snapshot', ...from, '--source-snapshot-id', source()],
    ...['--tag-specifications', tags],
  )) as { SnapshotId: string; Tags: object[] };
  assert.deepEqual(copy.Tags, [{ Key: 'by', Value: 'cli' }]);
  const id = ['--snapshot-ids', copy.SnapshotId];
  // aws-cli looks every 15 seconds only.
  await waitUntilSnapshotCompleted(soon(), { SnapshotIds: [copy.SnapshotId] });
  await aws(imago, 'ec2', 'wait', 'snapshot-completed', '--region', elsewhere, ...id);
  const made = await aws(
    imago,
    ...['ec2', 'copy-image', ...from, '--source-image-id', image.ImageId ?? ''],
    ...['--name', 'by-cli', '--query', 'ImageId'],
  );
  const imageId = ['--image-ids', String(made)];
  await waitUntilImageAvailable(soon(), { ImageIds: [String(made)] });
  await aws(imago, 'ec2', 'wait', 'image-available', '--region', elsewhere, ...imageId);
});

test('a snapshot and an image are copied by boto3', async () => {
  const script = [
    'import boto3, sys',
    'endpoint, region, source, image, snapshot = sys.argv[1:]',
    "ec2 = boto3.client('ec2', endpoint_url=endpoint, region_name=region)",
    'made = ec2.copy_snapshot(SourceRegion=source, SourceSnapshotId=snapshot)',
    "soon = {'Delay': 1, 'MaxAttempts': 60}",
    "ec2.get_waiter('snapshot_completed').wait(SnapshotIds=[made['SnapshotId']], WaiterConfig=soon)",
    "made = ec2.copy_image(Name='by-boto3', SourceRegion=source, SourceImageId=image)",
    "ec2.get_waiter('image_available').wait(ImageIds=[made['ImageId']], WaiterConfig=soon)",
    "print(ec2.describe_images(ImageIds=[made['ImageId']])['Images'][0]['Name'])",
  ].join('\n');
  const words = [imago.endpoint, elsewhere, SourceRegion, image.ImageId ?? '', source()];
  const printed = await debianClient(imago, 'python3', ['-c', script, ...words]);
  assert.equal(printed.trim(), 'by-boto3');
});

test('the operator sees the disk of the region’s store; without it the region is not served', async () => {
  const client = new Client(readConnection(new Home(imago.home)));
  const { Capacity } = await client.imago('DescribeServer', {});
  const [disk, ...others] = Capacity.RegionDisks;
  assert.deepEqual([disk?.Region, disk?.Folder], [elsewhere, path.join(folder, 'blocks')]);
  assert.ok((disk?.FreeBytes ?? 0) > 0);
  assert.equal(others.length, 0);
  await imago.stop();
  renameSync(path.join(folder, 'blocks'), path.join(folder, 'away'));
  await assert.rejects(imago.start(), /The blocks of the region eu-west-1 are not in .*FOLDER/s);
  renameSync(path.join(folder, 'away'), path.join(folder, 'blocks'));
  await imago.start();
});
