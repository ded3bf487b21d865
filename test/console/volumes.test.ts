/** A volume's life in the console, held against what the API says: nobody reloads the page. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  CompleteSnapshotCommand,
  EBSClient,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import {
  CreateSnapshotCommand,
  DescribeFastSnapshotRestoresCommand,
  DescribeSnapshotTierStatusCommand,
  DescribeVolumesCommand,
  type EC2Client,
  RunInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { keyChoiceText } from '../../console/src/text/keys.ts';
import {
  snapshotChangesText as changesText,
  snapshotFastText as fastText,
  snapshotText,
  snapshotTierText as tierText,
} from '../../console/src/text/snapshots.ts';
import { volumesText as text } from '../../console/src/text/volumes.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import {
  button,
  type ConsoleBrowser,
  confirm,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
  saysWhy,
} from './browser.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
let InstanceId: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  ec2 = imago.ec2();
  const { ImageId } = await providerImage(ec2, 'imago-micro-*');
  const launch = { ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano' as const };
  const { Instances } = await ec2.send(new RunInstancesCommand(launch));
  InstanceId = Instances?.[0]?.InstanceId ?? '';
  const waiting = { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 120 };
  await waitUntilInstanceRunning(waiting, { InstanceIds: [InstanceId] });
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

async function volumeNow(id: string) {
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  return Volumes?.[0] ?? assert.fail(`${id} is not found`);
}

test('it is made, attached to a running instance, grown, limited, detached and deleted', async () => {
  const { page, complaints } = await openSignedIn(browser, imago, { route: '#/volumes' });
  await button(page, text.make).click();
  const making = dialogOf(page);
  await making.getByLabel(text.figures.size).fill('2');
  await making.getByLabel(text.create.name).fill('by hand');
  await confirm(page, text.create.make);
  await page.waitForURL(/#\/volumes\/vol-[0-9a-f]{17}$/);
  const id = /vol-[0-9a-f]{17}/.exec(page.url())?.[0] ?? '';
  const row = page.getByRole('row', { name: id });
  await row.getByText('available').waitFor();
  const made = await volumeNow(id);
  assert.deepEqual(
    [made.Size, made.VolumeType, made.Tags],
    [2, 'gp3', [{ Key: 'Name', Value: 'by hand' }]],
  );

  await button(row, text.attach.open).click();
  await dialogOf(page).getByLabel(text.attach.instance).fill(InstanceId);
  assert.equal(await dialogOf(page).getByLabel(text.attach.device).inputValue(), '/dev/sdf');
  await dialogOf(page).getByLabel(text.attach.device).fill('/dev/sda1');
  await button(dialogOf(page), text.attach.do).click();
  await dialogOf(page).getByRole('alert').waitFor();
  await dialogOf(page).getByLabel(text.attach.device).fill('/dev/sdf');
  await confirm(page, text.attach.do);
  await row.getByText('in-use').waitFor();
  await row.getByText('/dev/sdf').waitFor();
  await row.getByText('attaching').waitFor({ state: 'detached' });
  assert.equal((await volumeNow(id)).Attachments?.[0]?.InstanceId, InstanceId);

  await button(row, text.modify.open).click();
  await dialogOf(page).getByLabel(text.figures.size).fill('8');
  await dialogOf(page).getByLabel(text.figures.iops).fill('4000');
  await dialogOf(page).getByLabel(text.figures.throughput).fill('250');
  await confirm(page, text.modify.do);
  await row.getByText('8 GiB').waitFor();
  await page.getByText(text.facts.modification(2, 8)).waitFor();
  const grown = await volumeNow(id);
  assert.deepEqual([grown.Size, grown.Iops, grown.Throughput], [8, 4000, 250]);

  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId: id }));
  await page.getByRole('link', { name: SnapshotId }).click();
  await page.locator('h1').getByText('completed').waitFor();
  await page.getByText(changesText.none).waitFor();
  await button(page, snapshotText.restore).click();
  assert.equal(await dialogOf(page).getByLabel(text.figures.size).inputValue(), '8');
  await confirm(page, text.create.make);
  await page.waitForURL(/#\/volumes\/vol-[0-9a-f]{17}$/);
  const restored = await volumeNow(/vol-[0-9a-f]{17}/.exec(page.url())?.[0] ?? '');
  assert.deepEqual([restored.SnapshotId, restored.Size], [SnapshotId, 8]);
  await goTo(page, `#/volumes/${id}`);

  await button(row, text.detach.open).click();
  await confirm(page, text.detach.do);
  await row.getByText('available').waitFor();
  assert.deepEqual((await volumeNow(id)).Attachments, []);

  await button(row, text.delete).click();
  await confirm(page, text.deleteNow);
  await page.getByText(text.noMatch(id)).waitFor();
  await assert.rejects(volumeNow(id), { name: 'InvalidVolume.NotFound' });
  // The refusal above, and what was asked of the volume when it was gone.
  for (const complaint of complaints) assert.match(complaint, /status of 400/);
});

test('it is copied while it is attached, encrypted under a key', async () => {
  const { endpoint, credentials } = imago;
  const kms = new KMSClient({ endpoint, credentials, region: 'us-east-1' });
  const Description = 'of copies';
  const { KeyMetadata: ofCopies } = await kms.send(new CreateKeyCommand({ Description }));
  const Filters = [{ Name: 'attachment.instance-id', Values: [InstanceId] }];
  const { Volumes: [root] = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
  const source = root?.VolumeId ?? '';
  const { page } = await openSignedIn(browser, imago, { route: `#/volumes/${source}` });
  await button(page.getByRole('row', { name: source }), text.copy.open).click();
  const form = dialogOf(page);
  await form.getByLabel(text.figures.size).fill('9');
  await form.getByLabel(text.copy.name).fill('twin');
  await form.getByLabel(keyChoiceText.label).selectOption(keyChoiceText.with(Description));
  await form.locator('.as-code summary').click();
  const command = form.getByText(`--source-volume-id ${source}`);
  await command.filter({ hasText: `--kms-key-id ${ofCopies?.KeyId}` }).waitFor();
  await confirm(page, text.copy.do);
  await page.waitForURL((url) => /vol-[0-9a-f]{17}$/.test(url.hash) && !url.hash.endsWith(source));
  const id = /vol-[0-9a-f]{17}/.exec(page.url())?.[0] ?? '';
  await page.getByRole('row', { name: id }).getByText('available').waitFor();
  const copy = await volumeNow(id);
  assert.deepEqual(
    [copy.SourceVolumeId, copy.Size, copy.VolumeType, copy.KmsKeyId, copy.Tags],
    [source, 9, 'gp3', ofCopies?.Arn, [{ Key: 'Name', Value: 'twin' }]],
  );
});

/** A snapshot of these blocks, each of one byte. */
async function snapshotOf(blocks: Record<number, number>): Promise<string> {
  const { endpoint, credentials } = imago;
  const ebs = new EBSClient({ endpoint, credentials, region: 'us-east-1' });
  const { SnapshotId = '' } = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1 }));
  for (const [index, byte] of Object.entries(blocks)) {
    await ebs.send(new PutSnapshotBlockCommand(blockOf(SnapshotId, Number(index), byte)));
  }
  const ChangedBlocksCount = Object.keys(blocks).length;
  await ebs.send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount }));
  const waiting = { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 60 };
  await waitUntilSnapshotCompleted(waiting, { SnapshotIds: [SnapshotId] });
  return SnapshotId;
}

test('a snapshot says what it shares with others, and how many blocks are other ones', async () => {
  const first = await snapshotOf({ 0: 1, 1: 2 });
  // One of the first's blocks, another one in place of the other, and a new one.
  const second = await snapshotOf({ 0: 1, 1: 3, 7: 4 });
  const { page } = await openSignedIn(browser, imago, { route: `#/snapshots/${second}` });
  await page.getByLabel(changesText.compareWith).fill(first);
  await button(page, changesText.compare).click();
  const row = page.getByRole('row', { name: changesText.another });
  await row.getByText(changesText.blocks(2, '1 MiB', false), { exact: true }).waitFor();
  await row.getByText('512 KiB', { exact: true }).waitFor();
  await page.getByLabel(changesText.compareWith).fill('snap-00000000000000000');
  await button(page, changesText.compare).click();
  await row.getByText('snap-00000000000000000').last().waitFor();
});

test('a snapshot is made ready for fast volumes in one zone, and that is ended', async () => {
  const id = await snapshotOf({ 0: 5 });
  const { page } = await openSignedIn(browser, imago, { route: `#/snapshots/${id}` });
  const row = page.getByRole('row', { name: 'us-east-1a' });
  await button(row, fastText.enable).click();
  await confirm(page, fastText.enableNow);
  await row.getByText('enabled', { exact: true }).waitFor();
  const asked = new DescribeFastSnapshotRestoresCommand({
    Filters: [{ Name: 'snapshot-id', Values: [id] }],
  });
  const [told] = (await ec2.send(asked)).FastSnapshotRestores ?? [];
  assert.deepEqual([told?.AvailabilityZone, told?.State], ['us-east-1a', 'enabled']);
  await button(row, fastText.disable).click();
  await confirm(page, fastText.disableNow);
  await button(row, fastText.enable).waitFor();
});

test('a snapshot goes into the archive and comes back for some days', async () => {
  const id = await snapshotOf({ 0: 9 });
  const { page, complaints } = await openSignedIn(browser, imago, { route: `#/snapshots/${id}` });
  await button(page, tierText.archive).click();
  await confirm(page, tierText.archiveNow);
  await page.getByText(tierText.archived).waitFor();
  await saysWhy(button(page, snapshotText.restore), snapshotText.isArchived);
  await button(page, tierText.restore).click();
  await dialogOf(page).getByLabel(tierText.days).fill('2');
  await confirm(page, tierText.restoreNow);
  await page.getByText(tierText.until).waitFor();
  await button(page, snapshotText.restore).and(page.locator(':not([aria-disabled])')).waitFor();
  const status = new DescribeSnapshotTierStatusCommand({
    Filters: [{ Name: 'snapshot-id', Values: [id] }],
  });
  const [told] = (await ec2.send(status)).SnapshotTierStatuses ?? [];
  assert.equal(told?.LastTieringOperationStatus, 'temporary-restore-completed');
  assert.deepEqual(complaints, []);
});

function blockOf(SnapshotId: string, BlockIndex: number, byte: number) {
  const BlockData = Buffer.alloc(512 * 1024, byte);
  const Checksum = createHash('sha256').update(BlockData).digest('base64');
  const data = { BlockData, DataLength: BlockData.length };
  return { SnapshotId, BlockIndex, ...data, Checksum, ChecksumAlgorithm: 'SHA256' as const };
}
