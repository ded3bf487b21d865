/**
 * A console that stays open: changes by others appear without a reload and without polling, a
 * server that is killed is told and waited for, addresses go back, forward and come back by reload,
 * and all is reached by keyboard.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  type EC2Client,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Page } from 'playwright-core';
import { common } from '../../console/src/text/common.ts';
import { actionsText } from '../../console/src/text/image.ts';
import { imagesText } from '../../console/src/text/images.ts';
import { instancesText } from '../../console/src/text/instances.ts';
import { shell } from '../../console/src/text/shell.ts';
import { tagsText } from '../../console/src/text/tags.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  atRest,
  type ConsoleBrowser,
  goTo,
  openBrowser,
  openSignedIn,
  settled,
} from './browser.ts';
import { ownImage } from './world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
let instance: string;
let image: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  ec2 = imago.ec2();
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [made] = await launch(ec2, ImageId, await access(imago));
  instance = made?.InstanceId ?? '';
  await waitForState(ec2, instance, 'running');
  image = await ownImage(imago, 'an-image');
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

const title = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
const isLive = (page: Page) => page.getByText(`● ${shell.live}`, { exact: true }).waitFor();
const nameTag = (Value: string) =>
  new CreateTagsCommand({ Resources: [instance], Tags: [{ Key: 'Name', Value }] });

test('what others change is shown at once, and while it is live nothing is asked for', async () => {
  const tab = await openSignedIn(browser, imago, { route: '#/instances' });
  const { page, asked } = tab;
  await page.getByRole('row', { name: /running/ }).waitFor();
  await isLive(page);
  await atRest(tab);
  asked.splice(0);
  // Longer than what is asked for again and again without a stream.
  await sleep(6000);
  assert.deepEqual(asked, []);

  await ec2.send(nameTag('told-by-the-stream'));
  await page.getByText('told-by-the-stream').waitFor();
  assert.deepEqual(new Set(asked), new Set(['ec2.DescribeInstances']));
  await atRest(tab);
  asked.splice(0);
  // A burst is one look or a few, and what is not shown is not asked for.
  await Promise.all(Array.from({ length: 19 }, (_, count) => ec2.send(nameTag(`change-${count}`))));
  await ec2.send(nameTag('change-19'));
  const group = { GroupName: 'of-the-burst', Description: 'unseen' };
  await ec2.send(new CreateSecurityGroupCommand(group));
  await page.getByText('change-19').waitFor();
  assert.deepEqual(new Set(asked), new Set(['ec2.DescribeInstances']));
  assert.ok(asked.length < 20, `${asked.length} requests for 20 changes`);

  await ec2.send(new StopInstancesCommand({ InstanceIds: [instance] }));
  await page.getByRole('row', { name: /stopped/ }).waitFor();
  await page.context().close();
});

test('a server that is killed is told and waited for, and then all is as it is by then', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/instances' });
  await isLive(page);
  await page.getByRole('row', { name: /stopped/ }).waitFor();
  await imago.kill();
  await page.getByText(shell.offline).waitFor();
  // What was there is there still, when asking anew has failed as well.
  await page.waitForEvent('requestfailed');
  await sleep(500);
  await page.getByRole('row', { name: /stopped/ }).waitFor();
  await imago.start();
  await ec2.send(nameTag('after-the-restart'));
  await page.getByText('after-the-restart').waitFor();
  await isLive(page);
  const Tags = [{ Key: 'Name', Value: 'after-the-restart' }];
  await ec2.send(new DeleteTagsCommand({ Resources: [instance], Tags }));
  await page.getByText('after-the-restart').waitFor({ state: 'detached' });
  await page.context().close();
});

test('every address goes back and forward, and a reload stays there', async () => {
  const tab = await openSignedIn(browser, imago, { route: '#/images?tab=mine' });
  const { page } = tab;
  const views = Object.keys(shell.views).map((view) => `#/${view}`);
  const places = [
    ...views,
    ...[`#/images/${image}`, `#/images/${image}?tab=lineage`, `#/instances/${instance}`],
    ...['#/network?tab=keys', '#/operator?tab=tasks', '#/images?tab=mine&q=an-'],
  ];
  const shown: string[] = [];
  const seen = async () => {
    await settled(tab);
    return (await page.locator('h1').first().textContent()) ?? '';
  };
  for (const place of places) {
    await goTo(page, place);
    shown.push(await seen());
  }
  for (let at = places.length - 2; at >= 0; at--) {
    await page.goBack();
    assert.equal(await seen(), shown[at], places[at]);
    assert.ok(page.url().endsWith(places[at] ?? ''), places[at]);
  }
  await page.goForward();
  assert.equal(await seen(), shown[1]);
  for (const [at, place] of places.entries()) {
    await goTo(page, place);
    await page.reload();
    await page.locator('h1').first().waitFor();
    assert.equal(await seen(), shown[at], place);
  }
  assert.deepEqual(tab.complaints, []);
  await page.context().close();
});

test('the palette is opened, searched and left by keyboard', async () => {
  const { page } = await openSignedIn(browser, imago);
  await title(page, imagesText.title).waitFor();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: shell.palettePlaceholder });
  await field.waitFor();
  await page.keyboard.type('insta');
  await page.keyboard.press('Enter');
  await title(page, instancesText.title).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page.keyboard.type(image);
  await page.keyboard.press('Enter');
  await title(page, /^an-image/).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const chosen = { selected: true, name: shell.views.volumes, exact: true };
  await page.getByRole('dialog').getByRole('option', chosen).waitFor();
  await page.keyboard.press('Escape');
  await field.waitFor({ state: 'detached' });
  await title(page, /^an-image/).waitFor();
  await page.context().close();
});

test('without a mouse: past the navigation, through a dialog and back to where one was', async () => {
  const { page } = await openSignedIn(browser, imago, { route: `#/images/${image}` });
  await title(page, /^an-image/).waitFor();
  const focused = async () =>
    String(await page.evaluate('document.activeElement?.textContent?.trim()'));
  await page.evaluate('document.body.focus()');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), shell.skip);
  await page.keyboard.press('Enter');
  const order: string[] = [];
  for (let count = 0; count < 40; count++) {
    await page.keyboard.press('Tab');
    order.push(await focused());
  }
  // As one reads: what is done to the image, then its parts, then the tags below.
  const places = [actionsText.launch, actionsText.copy, tagsText.edit].map((name) =>
    order.indexOf(name),
  );
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.ok(!places.includes(-1), order.join(', '));

  const copy = page.getByRole('button', { name: actionsText.copy, exact: true });
  await copy.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const inField = async () => (await page.evaluate('document.activeElement.tagName')) === 'INPUT';
  await until('a field has the focus', inField);
  for (let count = 0; count < 12; count++) {
    await page.keyboard.press('Tab');
    const where = await page.evaluate(
      'document.activeElement === document.body || !!document.activeElement.closest("dialog")',
    );
    assert.equal(where, true, await focused());
  }
  await page.keyboard.press('Escape');
  // By its element: closed it has no role any more, and is still there for a moment.
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(), actionsText.copy);
  // However it is left.
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: common.cancel }).press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await focused(), actionsText.copy);
  await page.context().close();
});
