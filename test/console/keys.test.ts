/** Keys of kms in the console, held against what kms and EC2 say. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateSnapshotCommand,
  DescribeVolumesCommand,
  GetEbsDefaultKmsKeyIdCommand,
  GetEbsEncryptionByDefaultCommand,
} from '@aws-sdk/client-ec2';
import { DescribeKeyCommand, KMSClient, ListGrantsCommand } from '@aws-sdk/client-kms';
import {
  keyChoiceText as choice,
  encryptionText as list,
  keyText as text,
} from '../../console/src/text/keys.ts';
import { volumesText } from '../../console/src/text/volumes.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  confirm,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
} from './browser.ts';
import { newAccount } from './world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

test('a key is made, encrypts a volume, is lent, turned off and its deletion announced', async () => {
  const { endpoint, credentials } = imago;
  const kms = new KMSClient({ endpoint, credentials, region: 'us-east-1' });
  const ec2 = imago.ec2();
  const friend = await newAccount(imago, 'friend');
  const { page, complaints } = await openSignedIn(browser, imago, { route: '#/keys' });

  await button(page, list.make).click();
  await dialogOf(page).getByLabel(list.create.description).fill('of the tests');
  await dialogOf(page).getByLabel(list.create.alias).fill('web');
  await confirm(page, list.create.do);
  await page.locator('h1').getByText('alias/web').waitFor();
  const id = page.url().split('/').pop() ?? '';
  const key = async () => (await kms.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata;
  assert.equal((await key())?.Description, 'of the tests');
  await page.getByText(text.uses.none).waitFor();

  await goTo(page, '#/volumes');
  await button(page, volumesText.make).click();
  await dialogOf(page).getByLabel(volumesText.figures.size).fill('1');
  await dialogOf(page).getByLabel(choice.label).selectOption(choice.with('alias/web'));
  const command = dialogOf(page).locator('.as-code');
  await command.locator('summary').click();
  await command.getByText(`--encrypted`).getByText(`--kms-key-id ${id}`).waitFor();
  await confirm(page, volumesText.create.make);
  await page.waitForURL(/vol-[0-9a-f]{17}$/);
  const volume = /vol-[0-9a-f]{17}/.exec(page.url())?.[0] ?? '';
  const made = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volume] }));
  assert.equal(made.Volumes?.[0]?.KmsKeyId, (await key())?.Arn);

  await page.getByRole('link', { name: (await key())?.Arn ?? '' }).click();
  await page.getByRole('link', { name: volume }).waitFor();
  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId: volume }));
  await page.getByRole('link', { name: SnapshotId }).waitFor();

  await button(page, text.grants.add).click();
  await dialogOf(page).getByLabel(text.grants.account, { exact: true }).fill(friend.id);
  await confirm(page, text.grants.addNow);
  const grant = page.getByRole('row', { name: friend.id });
  await grant.getByText('Decrypt, DescribeKey').waitFor();
  await button(grant, text.grants.revoke).click();
  await confirm(page, text.grants.revokeNow);
  await grant.waitFor({ state: 'detached' });
  const { Grants } = await kms.send(new ListGrantsCommand({ KeyId: id }));
  assert.deepEqual(Grants, []);

  await button(page, text.disable).click();
  await confirm(page, text.disableNow);
  await page.locator('h1').getByText('Disabled').waitFor();
  await button(page, text.enable).click();
  await page.locator('h1').getByText('Enabled').waitFor();
  await button(page, text.delete).click();
  await dialogOf(page)
    .getByText(text.lost(1, 1, 0))
    .waitFor();
  await dialogOf(page).getByLabel(text.days).fill('7');
  await confirm(page, text.deleteNow);
  await page.locator('h1').getByText('PendingDeletion').waitFor();
  assert.equal((await key())?.KeyState, 'PendingDeletion');
  await button(page, text.cancelDeletion).click();
  await page.locator('h1').getByText('Disabled').waitFor();
  assert.deepEqual(complaints, []);
});

test('what is made new is encrypted by default, with a key of choice', async () => {
  const ec2 = imago.ec2();
  const { page } = await openSignedIn(browser, imago, { route: '#/keys' });
  await button(page, list.defaults.turnOn).click();
  await page.getByText(list.defaults.isOn).waitFor();
  const { EbsEncryptionByDefault } = await ec2.send(new GetEbsEncryptionByDefaultCommand({}));
  assert.equal(EbsEncryptionByDefault, true);
  await button(page, list.make).click();
  await dialogOf(page).getByLabel(list.create.alias).fill('usual');
  await confirm(page, list.create.do);
  await page.locator('h1').getByText('alias/usual').waitFor();
  const id = page.url().split('/').pop() ?? '';
  await goTo(page, '#/keys');
  await page.getByLabel(list.defaults.key).selectOption('alias/usual');
  await button(page, list.defaults.save).click();
  await until('it is the default key', async () => {
    const { KmsKeyId = '' } = await ec2.send(new GetEbsDefaultKmsKeyIdCommand({}));
    return KmsKeyId.endsWith(id);
  });
  await button(page, list.defaults.turnOff).click();
  await page.getByText(list.defaults.isOff).waitFor();
});
