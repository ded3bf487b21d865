/**
 * What is done to things by mouse and keyboard in the console, held against what the API says
 * afterwards: an image's whole life, a group's rules, a key made in the browser, a launch with
 * everything.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type RunInstancesCommandOutput,
} from '@aws-sdk/client-ec2';
import { actionsText, imageText, permissionsText } from '../../console/src/text/image.ts';
import { imagesText } from '../../console/src/text/images.ts';
import { launchText } from '../../console/src/text/launch.ts';
import { groupsText, groupText, keysText } from '../../console/src/text/network.ts';
import { tagsText } from '../../console/src/text/tags.ts';
import { awsLine } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import {
  button,
  type ConsoleBrowser,
  confirm,
  dialogOf,
  losingAnswersOf,
  openBrowser,
  openSignedIn,
  saysWhy,
} from './browser.ts';
import { newAccount, ownImage } from './world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  ec2 = imago.ec2();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

async function imagesNow(...ImageIds: string[]) {
  const input = { ImageIds, IncludeDisabled: true, IncludeDeprecated: true };
  return (await ec2.send(new DescribeImagesCommand(input))).Images ?? [];
}
async function imageNow(id: string) {
  const [image] = await imagesNow(id);
  assert.ok(image);
  return image;
}

test('an image is copied, described by tags, shared, deprecated, disabled, protected and gone', async () => {
  const friend = await newAccount(imago, 'friend');
  const { ImageId: provided } = await providerImage(ec2, 'imago-micro-*');
  const { page } = await openSignedIn(browser, imago, { route: `#/images/${provided}` });
  await button(page, actionsText.copy).click();
  await dialogOf(page).getByLabel(actionsText.name).fill('a-life');
  await confirm(page, actionsText.copy);
  await page.getByRole('heading', { level: 1, name: 'a-life' }).waitFor();
  const id = /ami-[0-9a-f]{17}/.exec(page.url())?.[0] ?? '';
  assert.notEqual(id, provided);
  // Live: nobody reloads.
  await page.locator('h1').getByText('available').waitFor();

  await button(page, tagsText.edit).click();
  await dialogOf(page).getByLabel(tagsText.lines).fill('team=web\nnote=a = b');
  await confirm(page, tagsText.save);
  await page.locator('.tags li', { hasText: 'team web' }).waitFor();
  const { Tags } = await imageNow(id);
  assert.deepEqual(Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key, Value])), {
    team: 'web',
    note: 'a = b',
  });

  await page.getByRole('link', { name: imageText.tabs.permissions, exact: true }).click();
  await button(page, permissionsText.share).click();
  await dialogOf(page).getByLabel(permissionsText.with).fill('12');
  await button(dialogOf(page), permissionsText.share).click();
  await dialogOf(page).getByRole('alert').waitFor();
  await dialogOf(page).getByLabel(permissionsText.with).fill(friend.id);
  await confirm(page, permissionsText.share);
  await page.getByText(friend.id, { exact: true }).waitFor();
  const asked = new DescribeImagesCommand({ ExecutableUsers: ['self'] });
  const shared = await imago.ec2('us-east-1', friend).send(asked);
  assert.deepEqual(
    shared.Images?.map(({ ImageId }) => ImageId),
    [id],
  );
  await button(page, permissionsText.removeFrom(friend.id)).click();
  await page.getByText(friend.id, { exact: true }).waitFor({ state: 'detached' });
  const permissions = { ImageId: id, Attribute: 'launchPermission' } as const;
  const left = await ec2.send(new DescribeImageAttributeCommand(permissions));
  assert.deepEqual(left.LaunchPermissions, []);

  await button(page, actionsText.deprecate).click();
  await dialogOf(page).getByLabel(actionsText.day).fill('2031-05-06');
  await confirm(page, actionsText.save);
  assert.equal((await imageNow(id)).DeprecationTime, '2031-05-06T00:00:00.000Z');

  await button(page, actionsText.disable).click();
  await confirm(page, actionsText.disable);
  await button(page, actionsText.enable).waitFor();
  assert.equal((await imageNow(id)).State, 'disabled');
  await button(page, actionsText.enable).click();
  await button(page, actionsText.disable).waitFor();
  assert.equal((await imageNow(id)).State, 'available');

  await button(page, actionsText.protect).click();
  await confirm(page, actionsText.protect);
  await button(page, actionsText.unprotect).waitFor();
  const deregister = button(page, actionsText.deregister);
  await saysWhy(deregister, actionsText.isProtected);
  await deregister.click({ force: true });
  assert.equal(await dialogOf(page).count(), 0);
  await button(page, actionsText.unprotect).click();
  await confirm(page, actionsText.unprotect);
  await button(page, actionsText.protect).waitFor();
  await deregister.click();
  await confirm(page, actionsText.deregister);
  await page.getByText(imagesText.empty.mine).waitFor();
  assert.deepEqual(await imagesNow(id), []);
  await page.context().close();
});

test('an image with a cooldown says from when on it can be deregistered, before and after', async () => {
  const id = await ownImage(imago, 'cooling');
  const { page } = await openSignedIn(browser, imago, { route: `#/images/${id}` });
  await button(page, actionsText.protect).click();
  await dialogOf(page).getByLabel(actionsText.cooldown).check();
  await confirm(page, actionsText.protect);
  await button(page, actionsText.unprotect).click();
  const [before = ''] = actionsText.unprotectMeansLater('|').split('|');
  await dialogOf(page).getByText(before).waitFor();
  await confirm(page, actionsText.unprotect);
  await button(page, actionsText.protect).waitFor();
  await button(page, actionsText.deregister).click();
  await button(dialogOf(page), actionsText.deregister).click();
  const refusal = dialogOf(page).getByRole('alert');
  const [, until = ''] =
    /cannot be deregistered before (\S+Z)/.exec((await refusal.textContent()) ?? '') ?? [];
  assert.ok(Date.parse(until) > Date.now(), until);
  assert.equal((await imageNow(id)).State, 'available');
  await page.context().close();
});

test('rules of a group come and go as they are written', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/network' });
  await button(page, groupsText.create).click();
  await dialogOf(page).getByLabel(groupsText.columns.name, { exact: true }).fill('web');
  await dialogOf(page).getByLabel(groupsText.columns.description).fill('for the web');
  await dialogOf(page).getByLabel(groupsText.withSsh).uncheck();
  await confirm(page, groupsText.createNow);
  await page.getByRole('heading', { level: 1, name: 'web' }).waitFor();
  const id = /sg-[0-9a-f]{17}/.exec(page.url())?.[0] ?? '';
  const add = async (ports: string, peer: string) => {
    await button(page, groupText.ingress.add).click();
    await dialogOf(page).getByLabel(groupText.ports, { exact: true }).fill(ports);
    await dialogOf(page).getByLabel(groupText.ingress.peer, { exact: true }).fill(peer);
    await button(dialogOf(page), groupText.addNow).click();
  };
  const rules = async () => {
    const Filters = [{ Name: 'group-id', Values: [id] }];
    const found = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
    return (found.SecurityGroupRules ?? [])
      .filter(({ IsEgress }) => !IsEgress)
      .map(({ FromPort, ToPort, CidrIpv4 }) => `${FromPort}-${ToPort} ${CidrIpv4}`)
      .sort();
  };
  await add('443', '0.0.0.0/0');
  await dialogOf(page).waitFor({ state: 'detached' });
  await add('8000-8080', '10.1.2.3');
  await dialogOf(page).waitFor({ state: 'detached' });
  await page.getByText('tcp 8000-8080').waitFor();
  assert.deepEqual(await rules(), ['443-443 0.0.0.0/0', '8000-8080 10.1.2.3/32']);
  // What the server does not take is told in its words, and the dialog stays.
  await add('22', 'nowhere');
  await dialogOf(page)
    .getByRole('alert')
    .getByText(/nowhere/)
    .waitFor();
  await page.keyboard.press('Escape');
  await dialogOf(page).waitFor({ state: 'detached' });
  await button(page, groupText.removeRule('tcp 443 0.0.0.0/0')).click();
  await page.getByText('tcp 443', { exact: true }).waitFor({ state: 'detached' });
  assert.deepEqual(await rules(), ['8000-8080 10.1.2.3/32']);
  await page.context().close();
});

test('a key is made in the browser, whose private half nobody else has', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/network?tab=keys' });
  const sent: string[] = [];
  page.on('request', (request) => void sent.push(request.postData() ?? ''));
  await button(page, keysText.create).click();
  await dialogOf(page).getByLabel(launchText.keyName).fill('of-the-browser');
  const saving = page.waitForEvent('download');
  await button(dialogOf(page), launchText.makeKey).click();
  const saved = await saving;
  const file = path.join(imago.home, saved.suggestedFilename());
  await saved.saveAs(file);
  chmodSync(file, 0o600);
  assert.match(file, /of-the-browser\.pem$/);
  const fingerprint = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
  const KeyNames = ['of-the-browser'];
  const input = { KeyNames, IncludePublicKey: true };
  const [pair] = (await ec2.send(new DescribeKeyPairsCommand(input))).KeyPairs ?? [];
  const half = (line = '') => line.trim().split(' ').slice(0, 2).join(' ');
  assert.equal(half(pair?.PublicKey), half(fingerprint));
  assert.ok(sent.length > 0 && sent.every((body) => !body.includes('PRIVATE')));
  await page.getByText('of-the-browser', { exact: true }).waitFor();
  await page.context().close();
});

test('a launch with everything is what was filled in', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/images' });
  // Three clicks from the first page.
  await page.getByRole('link', { name: /^imago-micro-/ }).click();
  await button(page, actionsText.launch).click();
  await page.getByLabel(launchText.name, { exact: true }).fill('wanted');
  await page.getByLabel(launchText.type, { exact: true }).selectOption('t3.nano');
  await page.getByLabel(launchText.count, { exact: true }).fill('2');
  await button(page, launchText.newKey).click();
  await dialogOf(page).getByLabel(launchText.keyName).fill('made-at-launch');
  await confirm(page, launchText.makeKey);
  await page.getByLabel(/^default \(sg-/).check();
  const root = page.getByRole('group', { name: launchText.root });
  await root.getByLabel(launchText.size, { exact: true }).fill('3');
  const userData = '#cloud-config\nhostname: wanted # “quoted”\n';
  await page.getByLabel(launchText.userData, { exact: true }).fill(userData);
  const code = page.locator('.as-code pre');
  await code.getByText('run-instances').waitFor();
  for (const part of ['t3.nano', '--count 2', 'made-at-launch', 'wanted']) {
    await code.getByText(part).waitFor();
  }
  await button(page, 'Terraform').click();
  await code.getByText('resource "aws_instance"').waitFor();
  // Whose answer is lost is not launched twice.
  await losingAnswersOf('ec2.RunInstances', page, imago, async () => {
    await button(page, launchText.launch).click();
    await page.getByRole('alert').getByText('does not answer').waitFor();
  });
  await button(page, launchText.launch).click();
  await page.getByRole('cell', { name: 'wanted' }).nth(1).waitFor();
  await page
    .getByRole('row', { name: /wanted.*running/ })
    .nth(1)
    .waitFor();

  const found = await ec2.send(new DescribeInstancesCommand({}));
  const instances = found.Reservations?.flatMap(({ Instances = [] }) => Instances) ?? [];
  assert.equal(instances.length, 2);
  for (const { InstanceId = '', InstanceType, KeyName, SecurityGroups } of instances) {
    assert.deepEqual([InstanceType, KeyName], ['t3.nano', 'made-at-launch']);
    assert.deepEqual(
      SecurityGroups?.map(({ GroupName }) => GroupName),
      ['default'],
    );
    const attribute = { InstanceId, Attribute: 'userData' } as const;
    const { UserData } = await ec2.send(new DescribeInstanceAttributeCommand(attribute));
    assert.equal(Buffer.from(UserData?.Value ?? '', 'base64').toString(), userData);
    const Filters = [{ Name: 'attachment.instance-id', Values: [InstanceId] }];
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({ Filters }));
    assert.deepEqual(
      Volumes?.map(({ Size }) => Size),
      [3],
    );
  }
  await page.context().close();
});

test('the command that is shown launches the same, be there ever such texts in it', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/images' });
  await page.getByRole('link', { name: /^imago-micro-/ }).click();
  await button(page, actionsText.launch).click();
  const [name, userData] = ['file:///etc/hostname', "file:///etc/passwd\n'$(touch x)' “quoted”\n"];
  await page.getByLabel(launchText.name, { exact: true }).fill(name);
  await page.getByLabel(launchText.userData, { exact: true }).fill(userData);
  const shown = page.locator('.as-code pre');
  await shown.getByText('/etc/passwd').waitFor();
  const command = (await shown.textContent()) ?? '';
  await page.context().close();
  const { Instances } = (await awsLine(imago, command)) as RunInstancesCommandOutput;
  const [{ InstanceId = '', Tags = [] } = {}] = Instances ?? [];
  assert.deepEqual(Tags, [{ Key: 'Name', Value: name }]);
  const attribute = { InstanceId, Attribute: 'userData' } as const;
  const { UserData } = await ec2.send(new DescribeInstanceAttributeCommand(attribute));
  assert.equal(Buffer.from(UserData?.Value ?? '', 'base64').toString(), userData);
});
