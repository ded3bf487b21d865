/**
 * Ways into the console and out of it, in Chromium: keys that are wrong, links that are used up or
 * old, sessions that end, several accounts in a tab, addresses of what is somebody else's.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { imageText } from '../../console/src/text/image.ts';
import { imagesText } from '../../console/src/text/images.ts';
import { shell } from '../../console/src/text/shell.ts';
import { signInText } from '../../console/src/text/sign-in.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';
import {
  type ConsoleBrowser,
  clientOf,
  consoleAt,
  followLink,
  goTo,
  linkFor,
  openBrowser,
  openSignedIn,
  openTab,
  settled,
  signInByKey,
} from './browser.ts';
import { expireSessions } from './sessions.ts';
import { newAccount, ownImage } from './world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
before(async () => {
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    regions: ['us-east-1', 'eu-west-1'],
  });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
const asksForKey = (page: Page) => page.getByLabel(signInText.accessKeyId).waitFor();
const menu = (page: Page) => page.getByLabel(/^Account \S/);

test('a wrong key is told so in the words of the server, and a right one goes on', async () => {
  const { page, asked } = await openTab(browser);
  await page.goto(consoleAt(imago, '#/volumes'));
  const said = page.getByRole('alert');
  await signInByKey(page, { ...imago.credentials, secretAccessKey: 'x'.repeat(40) });
  await said.getByText('SignatureDoesNotMatch', { exact: true }).waitFor();
  await said
    .getByText(/signature/i)
    .first()
    .waitFor();
  await signInByKey(page, { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' });
  await said.getByText('UnrecognizedClientException', { exact: true }).waitFor();
  await signInByKey(page, imago.credentials);
  await title(page, shell.views.volumes).waitFor();
  await until('its volumes are asked for', () => asked.includes('ec2.DescribeVolumes'));
  // Nobody asked for it to be kept.
  assert.equal(await page.evaluate('sessionStorage.length'), 0);
  await page.reload();
  await asksForKey(page);
  await page.context().close();
});

test('a key that is to be kept survives a reload, in this tab alone', async () => {
  const { page } = await openTab(browser);
  await page.goto(consoleAt(imago, '#/volumes'));
  await signInByKey(page, imago.credentials, { keep: true });
  await title(page, shell.views.volumes).waitFor();
  await page.reload();
  await title(page, shell.views.volumes).waitFor();
  const other = await page.context().newPage();
  await other.goto(consoleAt(imago, '#/volumes'));
  await asksForKey(other);
  assert.equal(await page.evaluate('document.cookie'), '');
  const kept = await page.evaluate('JSON.stringify({ ...localStorage })');
  assert.ok(!String(kept).includes(imago.credentials.secretAccessKey));
  await page.context().close();
});

test('a link signs in once, is not in the history, and is told to be used up', async () => {
  const link = await linkFor(imago);
  const first = await openTab(browser);
  await followLink(first.page, link);
  await title(first.page, imagesText.title).waitFor();
  assert.ok(!first.page.url().includes('secret'));
  assert.ok(first.fetched.every((url) => !url.includes('secret=') && !url.includes('#')));
  await first.page.goBack();
  assert.ok(!first.page.url().includes('secret'));
  await first.page.context().close();

  const second = await openTab(browser);
  await second.page.goto(link);
  await second.page.getByText(signInText.linkUsed).waitFor();
  await asksForKey(second.page);
  await second.page.context().close();
});

test('a link that is followed while one is asked to sign in signs in, too', async () => {
  const { page } = await openTab(browser);
  await page.goto(consoleAt(imago, '#/volumes'));
  await asksForKey(page);
  // Nothing is loaded anew: only what is behind the # is another.
  await followLink(page, await linkFor(imago));
  await title(page, imagesText.title).waitFor();
  // Whoever is signed in to that account already is not asked.
  await page.goto(await linkFor(imago));
  await page.getByRole('navigation').first().waitFor();
  await menu(page).click();
  assert.equal(await page.getByRole('button', { name: /· \d{12}/ }).count(), 0);
  await page.context().close();
});

test('a session that is ended asks to sign in, and goes on at the same address', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/snapshots' });
  await title(page, shell.views.snapshots).waitFor();
  const client = clientOf(imago);
  const { Sessions } = await client.imago('ListSessions', {});
  for (const { AccessKeyId } of Sessions) await client.imago('EndSession', { AccessKeyId });
  // Its stream of changes is ended by the server; whatever is asked next is refused.
  await page.getByText(shell.expired).waitFor();
  await signInByKey(page, imago.credentials);
  await title(page, shell.views.snapshots).waitFor();
  await page.context().close();
});

test('an address of what another account owns tells nothing of it', async () => {
  const stranger = await newAccount(imago, 'stranger');
  const name = 'secret-of-the-stranger';
  const id = await ownImage(imago, name, stranger);
  const tab = await openSignedIn(browser, imago, { route: `#/images/${id}` });
  const { page, asked } = tab;
  await page
    .getByText(/InvalidAMIID|There is no image|does not exist/)
    .first()
    .waitFor();
  const nowhere = 'ami-00000000000000000';
  for (const tab of ['permissions', 'lineage', 'uses', 'findings']) {
    await goTo(page, `#/images/${id}?tab=${tab}`);
  }
  await settled(tab);
  const text = (await page.locator('main').textContent()) ?? '';
  assert.ok(!text.includes(name) && !text.includes(stranger.id));
  // As if there were nothing at all.
  await goTo(page, `#/images/${nowhere}`);
  await page.getByText(nowhere).first().waitFor();
  await settled(tab);
  const same = (await page.locator('main').textContent()) ?? '';
  assert.equal(same.replaceAll(nowhere, id), text);
  assert.deepEqual(new Set(asked.filter((action) => action.includes('Attribute'))), new Set());
  await page.context().close();
});

test('accounts side by side each see their own, and signing out leaves the other', async () => {
  const friend = await newAccount(imago, 'side');
  await ownImage(imago, 'of-the-friend', friend);
  await ownImage(imago, 'of-the-first');
  const { page } = await openSignedIn(browser, imago, { route: '#/images?tab=mine' });
  await page.getByRole('link', { name: 'of-the-first', exact: true }).waitFor();
  await menu(page).click();
  await page.getByRole('button', { name: shell.anotherAccount }).click();
  await signInByKey(page, friend);
  await page.getByRole('link', { name: 'of-the-friend', exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'of-the-first', exact: true }).count(), 0);
  // Only operators have the operator's view.
  const operator = page.getByRole('link', { name: shell.views.operator });
  assert.equal(await operator.count(), 0);
  await menu(page).click();
  await page.getByRole('button', { name: /· \d{12}/ }).click();
  await page.getByRole('link', { name: 'of-the-first', exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'of-the-friend', exact: true }).count(), 0);
  await operator.waitFor();
  await menu(page).click();
  await page.getByRole('button', { name: shell.signOut }).click();
  await page.getByRole('link', { name: 'of-the-friend', exact: true }).waitFor();
  await menu(page).click();
  await page.getByRole('button', { name: shell.signOut }).click();
  await asksForKey(page);
  await page.context().close();
});

test('another region has its own lists', async () => {
  const id = await ownImage(imago, 'of-us-east-1');
  const { page } = await openSignedIn(browser, imago, { route: '#/images?tab=mine' });
  await page.getByRole('link', { name: 'of-us-east-1', exact: true }).waitFor();
  await page.getByLabel(shell.region, { exact: true }).selectOption('eu-west-1');
  await page.getByText(imagesText.empty.mine).waitFor();
  await goTo(page, `#/images/${id}`);
  await page
    .getByText(/InvalidAMIID|There is no image/)
    .first()
    .waitFor();
  await page.getByLabel(shell.region, { exact: true }).selectOption('us-east-1');
  await title(page, 'of-us-east-1').waitFor();
  await page.getByRole('link', { name: imageText.back }).waitFor();
  await page.context().close();
});

test('sessions and links whose time is over are told so', async () => {
  const link = await linkFor(imago);
  const { page } = await openSignedIn(browser, imago, { route: '#/snapshots' });
  await title(page, shell.views.snapshots).waitFor();
  await imago.stop();
  await page.getByText(shell.offline).waitFor();
  await expireSessions(imago.home);
  await imago.start();
  await page.getByText(shell.expired).waitFor();
  await signInByKey(page, imago.credentials);
  await title(page, shell.views.snapshots).waitFor();
  await page.context().close();

  const late = await openTab(browser);
  await late.page.goto(link);
  await late.page.getByText(signInText.linkUsed).waitFor();
  await late.page.context().close();
});
