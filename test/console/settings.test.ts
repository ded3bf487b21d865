/**
 * What one image and one instance say and can be told in the console, held against what the API
 * says afterwards: watermarks, types, the recycle bin's rules, an image that others shared; an
 * instance's settings, another root, a capture with what it cost.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeReplaceRootVolumeTasksCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
} from '@aws-sdk/client-ec2';
import { actionsText, settingsText } from '../../console/src/text/image.ts';
import { imagesText } from '../../console/src/text/images.ts';
import {
  captureText,
  instanceActionsText,
  instanceEventsText,
  instanceSettingsText,
  instanceText,
  replaceRootText,
} from '../../console/src/text/instance.ts';
import { launchText } from '../../console/src/text/launch.ts';
import { groupsText } from '../../console/src/text/network.ts';
import { shell } from '../../console/src/text/shell.ts';
import {
  instanceSnapshotsText,
  snapshotCopyText,
  snapshotText,
} from '../../console/src/text/snapshots.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';
import {
  button,
  type ConsoleBrowser,
  confirm,
  dialogOf,
  openBrowser,
  openSignedIn,
  saysWhy,
} from './browser.ts';
import { newAccount, ownImage } from './world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
let instance: string;
before(async () => {
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    regions: ['us-east-1', 'eu-west-1'],
  });
  browser = await openBrowser();
  ec2 = imago.ec2();
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [made] = await launch(ec2, ImageId, await access(imago));
  instance = made?.InstanceId ?? '';
  await waitForState(ec2, instance, 'running');
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

async function imageNow(id: string) {
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
  assert.ok(Images[0]);
  return Images[0];
}
async function instanceNow() {
  const input = { InstanceIds: [instance] };
  const { Reservations } = await ec2.send(new DescribeInstancesCommand(input));
  const [found] = Reservations?.[0]?.Instances ?? [];
  assert.ok(found);
  return found;
}

test('an image is given a watermark, types, words and tokens, and the watermark is taken off', async () => {
  const id = await ownImage(imago, 'to-be-told');
  const { page } = await openSignedIn(browser, imago, { route: `#/images/${id}` });
  await button(page, settingsText.attach).click();
  await dialogOf(page).getByLabel(settingsText.watermarkName).fill('approved');
  await confirm(page, settingsText.attachNow);
  await button(page, settingsText.types).click();
  await dialogOf(page).getByLabel(settingsText.supported).fill('t3.micro, t3.small');
  await confirm(page, settingsText.save);
  await button(page, settingsText.description).click();
  await dialogOf(page).getByLabel(settingsText.descriptionIs).fill('said <b>anew</b>');
  await confirm(page, settingsText.save);
  await page.getByText('said <b>anew</b>', { exact: true }).waitFor();
  const told = await imageNow(id);
  assert.match(told.ImageWatermarks?.[0]?.WatermarkKey ?? '', /^\d{12}:approved$/);
  assert.equal(told.Description, 'said <b>anew</b>');
  assert.deepEqual(
    told.InstanceTypeSpecification?.SupportedInstanceTypes?.map((each) => each.InstanceType),
    ['t3.micro', 't3.small'],
  );
  await button(page, settingsText.detachOne(told.ImageWatermarks?.[0]?.WatermarkKey ?? '')).click();
  await page
    .getByText(/:approved$/)
    .first()
    .waitFor({ state: 'detached' });
  assert.equal((await imageNow(id)).ImageWatermarks?.length ?? 0, 0);
  await button(page, actionsText.deregister).click();
  await dialogOf(page).getByText(actionsText.notKept).waitFor();
  await page.context().close();
});

test('an image that was shared is launched from its row, and given up', async () => {
  const friend = await newAccount(imago, 'sharer');
  const id = await ownImage(imago, 'for-others');
  const LaunchPermission = { Add: [{ UserId: friend.id }] };
  await ec2.send(new ModifyImageAttributeCommand({ ImageId: id, LaunchPermission }));
  const { page } = await openSignedIn(browser, imago, {
    route: '#/images?tab=shared',
    credentials: friend,
  });
  await page.getByRole('link', { name: imagesText.launchOne('for-others') }).click();
  await page.getByRole('link', { name: id }).click();
  await button(page, actionsText.leave).click();
  await confirm(page, actionsText.leaveNow);
  await page.getByText(imagesText.empty.shared).waitFor();
  const input = { ExecutableUsers: ['self'] };
  const left = await imago.ec2('us-east-1', friend).send(new DescribeImagesCommand(input));
  assert.deepEqual(left.Images, []);
  await page.context().close();
});

test('an instance is protected, gets a new group, and what cannot be says why', async () => {
  const route = `#/instances/${instance}?tab=settings`;
  const { page } = await openSignedIn(browser, imago, { route });
  const row = (name: string) => page.getByRole('listitem').filter({ hasText: name });
  const protection = row(instanceSettingsText.terminationProtection);
  await button(protection, instanceSettingsText.turn(true)).click();
  await button(protection, instanceSettingsText.turn(false)).waitFor();
  const attribute = { InstanceId: instance, Attribute: 'disableApiTermination' } as const;
  const { DisableApiTermination } = await ec2.send(new DescribeInstanceAttributeCommand(attribute));
  assert.equal(DisableApiTermination?.Value, true);
  const terminate = button(page, instanceActionsText.terminate);
  await saysWhy(terminate, instanceActionsText.isProtected);
  const type = button(row(instanceSettingsText.type).first(), instanceSettingsText.change);
  await saysWhy(type, instanceSettingsText.stopFirst);

  const groups = row(instanceSettingsText.groups);
  await button(groups, instanceSettingsText.change).click();
  await button(dialogOf(page), launchText.newGroup).click();
  const inner = dialogOf(page).last();
  await inner.getByLabel(groupsText.columns.name, { exact: true }).fill('of-its-own');
  await inner.getByLabel(groupsText.columns.description).fill('made on the way');
  await button(inner, groupsText.createNow).click();
  await dialogOf(page)
    .getByLabel(/^of-its-own \(sg-/)
    .waitFor();
  await confirm(page, instanceSettingsText.save);
  await groups.getByText('of-its-own').waitFor();
  const { SecurityGroups = [] } = await instanceNow();
  assert.ok(SecurityGroups.some(({ GroupName }) => GroupName === 'of-its-own'));
  await page.context().close();
});

test('a capture tells what it cost; another root is among what happened', async () => {
  const { page } = await openSignedIn(browser, imago, { route: `#/instances/${instance}` });
  await button(page, instanceActionsText.capture).click();
  await dialogOf(page).getByLabel(captureText.name).fill('a-capture');
  await button(dialogOf(page), captureText.capture).click();
  await dialogOf(page).getByText(captureText.done).waitFor();
  const facts = await dialogOf(page).locator('dl').textContent();
  assert.match(facts ?? '', new RegExp(`${captureText.paused}\\d+ ms${captureText.stored}\\d`));
  await page.keyboard.press('Escape');
  await dialogOf(page).waitFor({ state: 'detached' });

  await button(page, instanceActionsText.replaceRoot).click();
  await confirm(page, replaceRootText.replace);
  const replaced = page.getByRole('row', { name: instanceEventsText.rootReplaced });
  await replaced.getByText('succeeded').waitFor();
  await page.getByRole('row', { name: instanceEventsText.captured }).waitFor();
  const Filters = [{ Name: 'instance-id', Values: [instance] }];
  const tasks = await ec2.send(new DescribeReplaceRootVolumeTasksCommand({ Filters }));
  assert.deepEqual(
    tasks.ReplaceRootVolumeTasks?.map(({ TaskState }) => TaskState),
    ['succeeded'],
  );
  await page.getByRole('link', { name: instanceText.tabs.details, exact: true }).click();
  await page.context().close();
});

test('snapshots are taken of an instance, and copied into another region', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/snapshots' });
  await button(page, instanceSnapshotsText.ask).click();
  await dialogOf(page).getByLabel(instanceSnapshotsText.instance).fill(instance);
  await dialogOf(page).getByLabel(instanceSnapshotsText.description).fill('of all its volumes');
  await confirm(page, instanceSnapshotsText.take);
  const row = page.getByRole('row').filter({ hasText: 'of all its volumes' });
  await row.getByText('completed').waitFor();
  const Filters = [{ Name: 'description', Values: ['of all its volumes'] }];
  const taken = await ec2.send(new DescribeSnapshotsCommand({ Filters }));
  assert.equal(taken.Snapshots?.length, (await instanceNow()).BlockDeviceMappings?.length);

  await row.getByRole('link', { name: /snap-/ }).click();
  await button(page, snapshotText.copy).click();
  await dialogOf(page).getByLabel(snapshotCopyText.region).selectOption('eu-west-1');
  await dialogOf(page).getByLabel(snapshotCopyText.description).fill('far away');
  await confirm(page, snapshotCopyText.copy);
  const main = page.getByRole('main');
  await main.getByText('far away').waitFor();
  await main.getByText('completed').first().waitFor();
  const there = await imago.ec2('eu-west-1').send(new DescribeSnapshotsCommand({}));
  const [copy] = there.Snapshots?.filter(({ Description }) => Description === 'far away') ?? [];
  assert.equal(copy?.State, 'completed');
  assert.ok(page.url().includes(copy?.SnapshotId ?? 'nothing'));
  assert.equal(await page.getByLabel(shell.region, { exact: true }).inputValue(), 'eu-west-1');
  await page.context().close();
});
