/**
 * What is in an image, in the console: its system, its files folder by folder, the text of one of
 * them, its packages as they are looked for, who has signed it, what speaks against it, and in what
 * others and machines differ from it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CopyImageCommand, DisableImageCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { Page } from 'playwright-core';
import { common } from '../../console/src/text/common.ts';
import {
  differencesText,
  filesText,
  packagesText,
  signatureText,
  systemText,
} from '../../console/src/text/contents.ts';
import { lineageText } from '../../console/src/text/image.ts';
import { debianDisk, debianFiles } from '../../server/contents/test-systems.ts';
import { ImagoProcess } from '../support/imago.ts';
import { waitForImage, waitForState } from '../support/launch.ts';
import {
  button,
  type ConsoleBrowser,
  clientOf,
  confirm,
  goTo,
  openBrowser,
  openSignedIn,
  type Tab,
} from './browser.ts';
import { DiskImages } from './disk-image.ts';

const hostile = 'esc\x1b[2J<img src=x onerror=alert(1)>';
const disks = new DiskImages();
let imago: ImagoProcess;
let browser: ConsoleBrowser;
let tab: Tab;
let page: Page;
let image: string;
let next: string;
before(async () => {
  const { flags } = disks;
  imago = await ImagoProcess.start({ hypervisor: 'simulated', flags });
  browser = await openBrowser();
  const files = { [`srv/${hostile}`]: `${hostile}\n`, 'srv/zeros': '\0'.repeat(70_000) };
  image = await disks.register(imago, 'web', await debianDisk(files));
  const changed = {
    ...{
      'etc/motd': 'hello <b>there</b>\n',
      'etc/group': `${debianFiles['etc/group']}web:x:33:\n`,
    },
    'var/lib/dpkg/status': String(debianFiles['var/lib/dpkg/status']).replace('b7', 'b8'),
  };
  next = await disks.register(imago, 'web-2', await debianDisk({ ...files, ...changed }));
  tab = await openSignedIn(browser, imago);
  ({ page } = tab);
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
  disks[Symbol.dispose]();
});

test('the system of an image is told, and how large its folders are', async () => {
  const { System, Users } = await clientOf(imago).imago('DescribeImageContents', {
    ImageId: image,
  });
  await goTo(page, `#/images/${image}?tab=system`);
  await page.getByText(System.Name ?? '-', { exact: true }).waitFor();
  for (const { Name } of Users) {
    await page
      .getByRole('table', { name: systemText.users.title })
      .getByRole('cell', { name: Name, exact: true })
      .first()
      .waitFor();
  }
  await button(page, systemText.sizes.ask).click();
  const sizes = page.getByRole('table', { name: systemText.sizes.title });
  await sizes.getByRole('cell', { name: '/etc', exact: true }).waitFor();
});

test('files are found folder by folder, and a text is read', async () => {
  await goTo(page, `#/images/${image}?tab=files`);
  const tree = page.getByRole('navigation', { name: filesText.folders });
  const asked = () => tab.asked.filter((each) => each === 'imago.ListImageFiles').length;
  await tree.getByText('etc/', { exact: true }).click();
  await tree.getByRole('button', { name: 'passwd', exact: true }).click();
  // What nobody opened was not asked for.
  assert.equal(asked(), 2);
  const content = page.getByRole('region', { name: filesText.content('/etc/passwd') });
  await content.getByText('root:x:0:0').waitFor();
  await button(page, filesText.ask).click();
  const { File } = await clientOf(imago).imago('DescribeImageFile', {
    ...{ ImageId: image, Path: '/etc/passwd', Sha256: true },
  });
  await page.getByText(File.Sha256 ?? '-').waitFor();

  // The same address in another tab leads there.
  const other = await openSignedIn(browser, imago, { route: new URL(page.url()).hash });
  await other.page.getByText('root:x:0:0').waitFor();
  await other.page.locator('.tree [aria-current]').getByText('passwd').waitFor();
  await other.page.context().close();
});

test('names and texts of a stranger are text, with what would not be seen', async () => {
  await goTo(page, `#/images/${image}?tab=files&path=/srv/zeros`);
  const shown = hostile.replace('\x1b', '\\x1b');
  await page.getByRole('button', { name: shown, exact: true }).click();
  const content = page.getByRole('region', { name: filesText.content(`/srv/${shown}`) });
  await content.getByText(shown).waitFor();
  assert.equal(await page.locator('main img').count(), 0);
});

test('what is no text is not shown as one, and is saved byte by byte', async () => {
  const Path = '/srv/zeros';
  await goTo(page, `#/images/${image}?tab=files&path=${encodeURIComponent(Path)}`);
  await page.getByText(filesText.binary).waitFor();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    button(page, filesText.save).click(),
  ]);
  const { File } = await clientOf(imago).imago('DescribeImageFile', { ImageId: image, Path });
  let length = 0;
  for await (const part of await saved.createReadStream()) length += part.length;
  assert.equal(length, File.SizeBytes);
});

test('packages are found by what one types', async () => {
  const { Packages } = await clientOf(imago).imago('DescribeImagePackages', { ImageId: image });
  await goTo(page, `#/images/${image}?tab=packages`);
  const rows = page.getByRole('table', { name: packagesText.title }).getByRole('row');
  await page.getByText(new RegExp(`^${Packages.length} packages`)).waitFor();
  const [first] = Packages;
  await page.getByLabel(packagesText.search).fill(first?.Name ?? '');
  await page.waitForURL(new RegExp(`q=${first?.Name}`));
  await rows.getByRole('cell', { name: first?.Name, exact: true }).first().waitFor();
  await page.getByLabel(packagesText.search).fill('no-such-package');
  await page.getByText(packagesText.noSuch('no-such-package')).waitFor();
});

test('who has signed an image is told, and an account signs it', async () => {
  const manifest = () => clientOf(imago).imago('GetImageManifest', { ImageId: image });
  const { Signatures, Sha256 } = await manifest();
  await goTo(page, `#/images/${image}?tab=signature`);
  await page.getByText(signatureText.valid, { exact: true }).waitFor();
  await page.getByText(Sha256, { exact: true }).waitFor();
  const line = signatureText.line(image, Signatures[0]?.PublicKey ?? '');
  await page.getByRole('button', { name: common.copy(line) }).waitFor();
  await button(page, signatureText.sign).click();
  await confirm(page, signatureText.signNow);
  await page.getByText(signatureText.isGood, { exact: true }).first().waitFor();
  assert.ok((await manifest()).Signatures.length > 0);
  assert.deepEqual(tab.complaints, []);
});

test('in what another image differs is told side by side, with what differs in texts', async () => {
  await goTo(page, `#/images/${image}?tab=compare`);
  await page.getByLabel(differencesText.with).fill(next);
  await button(page, differencesText.compare).click();
  const packages = page.getByRole('table', { name: differencesText.packages });
  const upgraded = packages.getByRole('row').filter({ hasText: 'bash' });
  for (const cell of ['5.2.15-2+b7', '5.2.15-2+b8', differencesText.changes.upgraded ?? '']) {
    await upgraded.getByRole('cell', { name: cell, exact: true }).waitFor();
  }
  const files = page.getByRole('table', { name: differencesText.files });
  await files.getByRole('row').filter({ hasText: '/etc/motd' }).waitFor();
  const group = files.getByRole('row').filter({ hasText: '/etc/group' });
  await group.getByText(differencesText.text, { exact: true }).click();
  await group.locator('.diff .added').getByText('+web:x:33:').waitFor();

  await page.getByRole('link', { name: differencesText.swap }).click();
  await page.waitForURL(new RegExp(`#/images/${next}\\?tab=compare&with=${image}`));
  await upgraded.getByText(differencesText.changes.downgraded ?? '', { exact: true }).waitFor();
  await goTo(page, `#/images/${image}?tab=compare&with=${image}`);
  await page.getByText(differencesText.same).waitFor();
});

test('how far a machine is from its image is told', async () => {
  const ec2 = imago.ec2();
  const { Instances } = await ec2.send(
    new RunInstancesCommand({ ImageId: image, MinCount: 1, MaxCount: 1 }),
  );
  const instance = Instances?.[0]?.InstanceId ?? '';
  await waitForState(ec2, instance, 'running');
  await goTo(page, `#/instances/${instance}?tab=drift`);
  // The view before this one, of an image and itself, said the same; it cannot look again.
  await button(page, differencesText.again).waitFor();
  await page.getByText(differencesText.same).waitFor();
  await page.getByRole('link', { name: image }).waitFor();
  assert.deepEqual(tab.complaints, []);
});

test('what speaks against an image is told at what was made of it', async () => {
  const ec2 = imago.ec2();
  const { ImageId: copy = '' } = await ec2.send(
    new CopyImageCommand({ SourceImageId: image, SourceRegion: 'us-east-1', Name: 'copy' }),
  );
  await waitForImage(ec2, copy, 'available');
  await ec2.send(new DisableImageCommand({ ImageId: image }));
  const { Sha256 } = await clientOf(imago).imago('GetImageManifest', { ImageId: copy });
  await goTo(page, `#/images/${copy}?tab=lineage`);
  await page.getByRole('status').getByText(lineageText.inherited).waitFor();
  const rows = page.getByRole('table', { name: lineageText.images }).getByRole('row');
  const told = rows.filter({ hasText: copy }).filter({ hasText: `of ${image} disabled` });
  await told.getByTitle(Sha256).waitFor();
  assert.deepEqual(tab.complaints, []);
});
