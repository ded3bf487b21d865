/**
 * The restore assistant, in the console: a machine that is gone comes back of its last backup, one
 * volume goes to another, the root is replaced in place, and files of a backup are downloaded.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import {
  CreateKeyPairCommand,
  CreateSnapshotsCommand,
  DescribeInstanceAttributeCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Page } from 'playwright-core';
import { dayText } from '../../console/src/text/backups.ts';
import { instanceActionsText } from '../../console/src/text/instance.ts';
import { launchText } from '../../console/src/text/launch.ts';
import { restoreText } from '../../console/src/text/restore.ts';
import { debianDisk } from '../../server/contents/test-systems.ts';
import { ImagoProcess } from '../support/imago.ts';
import { captured, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  goTo,
  losingAnswersOf,
  openBrowser,
  openSignedIn,
  type Tab,
} from './browser.ts';
import { DiskImages } from './disk-image.ts';

const disks = new DiskImages();
let imago: ImagoProcess;
let ec2: EC2Client;
let browser: ConsoleBrowser;
let tab: Tab;
let page: Page;
let gone: string;
let living: string;
let backup: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', flags: disks.flags });
  ec2 = imago.ec2();
  browser = await openBrowser();
  const image = await disks.register(imago, 'web', await debianDisk({ 'srv/data/kept': 'kept' }));
  const launch = new RunInstancesCommand({ ImageId: image, MinCount: 2, MaxCount: 2 });
  const { Instances = [] } = await ec2.send(launch);
  [gone = '', living = ''] = Instances.map(({ InstanceId = '' }) => InstanceId);
  for (const id of [gone, living]) await waitForState(ec2, id, 'running');
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'laptop', KeyType: 'ed25519' }));
  ({ ImageId: backup } = await captured(ec2, gone, 'the last'));
  const set = { InstanceSpecification: { InstanceId: living } };
  await ec2.send(new CreateSnapshotsCommand(set));
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [gone] }));
  await waitForState(ec2, gone, 'terminated');
  tab = await openSignedIn(browser, imago);
  ({ page } = tab);
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
  disks[Symbol.dispose]();
});

const choose = (label: string) => page.getByRole('radio', { name: label }).click();
const madeId = async (form: RegExp) => {
  const status = page.getByRole('status').filter({ hasText: form });
  await status.waitFor();
  return form.exec((await status.textContent()) ?? '')?.[0] ?? '';
};

test('a machine that is gone comes back of its last backup', async () => {
  await goTo(page, '#/backups/restore');
  const source = page.getByLabel(restoreText.source);
  await source.fill(living);
  await page.getByText(`imago backups restore --instance ${living}`).waitFor({ state: 'attached' });
  // Where the address is another all of the view is.
  await goTo(page, `#/backups/restore?source=${gone}`);
  await until('the field says it', async () => (await source.inputValue()) === gone);
  // How it is is seen before it is chosen.
  const listed = page.getByRole('table', { name: restoreText.named });
  await listed.getByText(dayText.consistent.application).waitFor();
  const preview = page.getByRole('table', { name: restoreText.preview });
  await preview.getByRole('cell', { name: 'PublicIpAddress' }).waitFor();
  await page.getByText(`imago backups restore --instance ${gone}`).waitFor({ state: 'attached' });
  await button(page, restoreText.restore).click();
  const id = await madeId(/i-[0-9a-f]{17}/);
  await waitForState(ec2, id, 'running');
  await page.getByRole('status').getByText('running', { exact: true }).waitFor();
  assert.notEqual(id, gone);
});

test('what it is to have otherwise is offered, refused at its field, and is so', async () => {
  // What an address says is seen, be it there or not.
  await goTo(page, `#/backups/restore?backup=${backup}&key=no-such&group=sg-00000000`);
  const fold = page.locator('details', { hasText: restoreText.wishes.key.hint });
  const key = fold.getByLabel(restoreText.wishes.key.label, { exact: true });
  const keyField = page.getByLabel(restoreText.wishes.key.label, { exact: true });
  const ofKey = fold.locator('div', { has: keyField }).filter({ has: page.getByRole('alert') });
  await ofKey.last().getByText("The key pair 'no-such' does not exist").waitFor();
  await page.getByText(restoreText.atField).waitFor();
  assert.ok(await button(page, restoreText.restore).isDisabled());
  await key.selectOption('laptop');
  await fold.getByRole('checkbox', { name: 'sg-00000000' }).press('Space');
  await fold.getByRole('checkbox', { name: 'default (sg-' }).press('Space');
  const { Subnets: [subnet] = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  await fold
    .getByLabel(restoreText.wishes.subnet.label, { exact: true })
    .selectOption(subnet?.SubnetId ?? '');
  // Of its one volume none can be left out.
  assert.equal(await fold.getByText(restoreText.wishes.without.label).count(), 0);
  await page.getByText(`--key laptop --subnet ${subnet?.SubnetId} --group sg-`).waitFor({
    state: 'attached',
  });
  await fold.getByLabel(restoreText.wishes.name.label).fill('rehearsal');
  await fold.getByLabel(restoreText.userData).press('Space');
  await fold.getByLabel(launchText.userData, { exact: true }).fill('#!/bin/sh\ndate\n');
  const told = page.getByRole('table', { name: restoreText.preview });
  for (const member of ['Tags', 'UserData']) {
    await told.getByRole('cell', { name: member }).waitFor();
  }
  await button(page, restoreText.restore).click();
  const InstanceId = await madeId(/i-[0-9a-f]{17}/);
  const { Tags = [], ...made } = await waitForState(ec2, InstanceId, 'running');
  assert.deepEqual([made.KeyName, made.SubnetId], ['laptop', subnet?.SubnetId]);
  assert.deepEqual(
    Tags.filter(({ Key }) => Key === 'Name').map(({ Value }) => Value),
    ['rehearsal'],
  );
  const asked = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' });
  const { UserData } = await ec2.send(asked);
  assert.equal(Buffer.from(UserData?.Value ?? '', 'base64').toString(), '#!/bin/sh\ndate\n');
});

test('the root of a machine is replaced by the snapshot of a set, begun in its view', async () => {
  await goTo(page, `#/instances/${living}`);
  await button(page, instanceActionsText.restore).click();
  await choose(restoreText.forms.place);
  await page.getByText(restoreText.same).waitFor();
  await button(page, restoreText.replace).click();
  await page.getByRole('status').getByText('succeeded', { exact: true }).waitFor();
});

test('a restore whose answer was lost is not done twice when it is asked for again', async () => {
  await goTo(page, `#/backups/restore?backup=${backup}&what=volume`);
  await page.getByLabel(restoreText.to).fill(living);
  const volumes = async () => (await ec2.send(new DescribeVolumesCommand({}))).Volumes?.length;
  const before = (await volumes()) ?? 0;
  await losingAnswersOf('imago.RestoreVolume', page, imago, async () => {
    await button(page, restoreText.attach).click();
    await page.getByRole('alert').getByText('does not answer').waitFor();
  });
  assert.equal(await volumes(), before + 1, 'it was done');
  await button(page, restoreText.attach).click();
  await madeId(/vol-[0-9a-f]{17}/);
  assert.equal(await volumes(), before + 1);
  // Another can be made after it.
  await page.getByLabel(restoreText.attachAs).fill('/dev/sdq');
  await button(page, restoreText.attach).click();
  await page.getByRole('status').getByText('/dev/sdq').waitFor();
  assert.equal(await volumes(), before + 2);
});

test('one volume goes to a machine that is there', async () => {
  await goTo(page, `#/backups/restore?backup=${backup}`);
  await choose(restoreText.forms.volume);
  await page.getByLabel(restoreText.to).fill(living);
  await button(page, restoreText.attach).click();
  await madeId(/vol-[0-9a-f]{17}/);
  await page.getByRole('status').getByText('attached', { exact: true }).waitFor();
});

test('files are looked for, and downloaded as a tar archive', async () => {
  await goTo(page, `#/backups/restore?source=${gone}`);
  await button(page, `${restoreText.choosesOne} ${backup}`).click();
  await choose(restoreText.forms.files);
  const tree = page.getByRole('navigation', { name: restoreText.folder });
  await tree.getByText('srv/', { exact: true }).click();
  await tree.getByText('data/', { exact: true }).click();
  await page.getByText('/srv/data', { exact: true }).waitFor();
  const download = page.waitForEvent('download');
  await button(page, restoreText.download).click();
  const archive = await readFile(await (await download).path());
  assert.equal(archive.subarray(0, 9).toString(), 'srv/data/');
  assert.ok(archive.includes('kept'));
  // What was refused a browser complains of.
  assert.deepEqual(
    tab.complaints.filter(
      (each) => !each.includes('status of 400') && !each.includes('ERR_FAILED'),
    ),
    [],
  );
});
