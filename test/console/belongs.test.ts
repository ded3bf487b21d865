/**
 * What belongs to what, in the console: the lineage of an image as a picture that is moved and made
 * larger by mouse and by keys, what uses an image, what a volume was made from, who may use a
 * snapshot and who cannot delete it, and the sessions of an account.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DescribeImagesCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotAttributeCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { Page } from 'playwright-core';
import { sessionsText } from '../../console/src/text/account.ts';
import { common } from '../../console/src/text/common.ts';
import { lineageText, usesText } from '../../console/src/text/image.ts';
import { snapshotLockText, snapshotPermissionsText } from '../../console/src/text/snapshots.ts';
import { volumesText } from '../../console/src/text/volumes.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  clientOf,
  confirm,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
} from './browser.ts';
import { fillEveryView } from './full-world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
let page: Page;
let routes: string[];
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  ec2 = imago.ec2();
  routes = await fillEveryView(imago);
  ({ page } = await openSignedIn(browser, imago));
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

const idOf = (kind: string) => new RegExp(`/(${kind}-[0-9a-f]{17})`).exec(routes.join())?.[1] ?? '';

test('the lineage is moved and made larger by mouse and by keys, and opened by Enter', async () => {
  await goTo(page, `#/images/${idOf('ami')}?tab=lineage`);
  const picture = page.locator('svg.lineage');
  const instance = picture.getByRole('link', { name: idOf('i') });
  await instance.waitFor();
  const box = async () => ((await picture.getAttribute('viewBox')) ?? '').split(' ').map(Number);
  const [x0 = 0, y0 = 0, whole = 0] = await box();
  const becomes = (what: string, isSo: (x: number, y: number, width: number) => boolean) =>
    until(what, async () => {
      const [x = 0, y = 0, width = 0] = await box();
      return isSo(x, y, width);
    });
  await button(page, lineageText.larger).click();
  await becomes('larger', (_x, _y, width) => width < whole);
  await button(page, lineageText.smaller).click();
  await button(page, lineageText.smaller).click();
  await becomes('smaller', (_x, _y, width) => width > whole);
  await button(page, lineageText.fit).click();
  await becomes('as it was', (x, y, width) => x === x0 && y === y0 && width === whole);

  const place = await picture.boundingBox();
  assert.ok(place);
  // Where nothing is drawn.
  const [startX, startY] = [place.x + place.width - 5, place.y + place.height - 5];
  await page.mouse.move(startX, startY);
  await page.mouse.down();
  await page.mouse.move(startX - 80, startY - 40, { steps: 4 });
  await page.mouse.up();
  await becomes('dragged', (x, y) => x > x0 && y > y0);
  await button(page, lineageText.fit).click();
  await becomes('as it was', (x) => x === x0);

  await instance.focus();
  await page.keyboard.press('+');
  await becomes('larger', (_x, _y, width) => width < whole);
  await page.keyboard.press('-');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await becomes('moved', (x, y) => x > x0 && y > y0);
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`#/instances/${idOf('i')}$`));
});

test('what uses an image, and what a volume was made from, is a link to it', async () => {
  await goTo(page, `#/images/${idOf('ami')}?tab=uses`);
  for (const kind of [usesText.types['ec2:Instance'], usesText.types['ec2:LaunchTemplate']]) {
    await page
      .getByRole('row')
      .filter({ hasText: kind ?? '' })
      .first()
      .waitFor();
  }
  await page.getByRole('link', { name: idOf('lt') }).click();
  await page.waitForURL(new RegExp(`#/templates/${idOf('lt')}`));

  await goTo(page, `#/volumes/${idOf('vol')}`);
  await page.getByRole('heading', { name: volumesText.snapshots.title }).waitFor();
  await page.getByRole('heading', { name: volumesText.images.title }).waitFor();
  await page
    .getByRole('link', { name: idOf('i') })
    .first()
    .click();
  await page.waitForURL(new RegExp(`#/instances/${idOf('i')}`));
});

test('a snapshot is shared with an account that is known, and locked', async () => {
  const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [idOf('ami')] }));
  const SnapshotId = Images?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  await goTo(page, `#/snapshots/${SnapshotId}`);
  await button(page, snapshotPermissionsText.share).click();
  const friend = dialogOf(page).getByRole('option', { name: /^friend · \d{12}$/ });
  const [, id = ''] = /· (\d{12})/.exec((await friend.textContent()) ?? '') ?? [];
  await dialogOf(page).getByLabel(common.knownAccount).selectOption(id);
  await confirm(page, snapshotPermissionsText.share);
  await page.getByRole('listitem').getByText(id).waitFor();
  const attribute = { SnapshotId, Attribute: 'createVolumePermission' } as const;
  const permissions = async () =>
    (await ec2.send(new DescribeSnapshotAttributeCommand(attribute))).CreateVolumePermissions;
  assert.deepEqual(await permissions(), [{ UserId: id }]);
  await button(page, snapshotPermissionsText.removeFrom(id)).click();
  await page.getByRole('listitem').getByText(id).waitFor({ state: 'detached' });
  assert.deepEqual(await permissions(), []);

  const locks = async () =>
    (await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds: [SnapshotId] }))).Snapshots;
  await button(page, snapshotLockText.lock).click();
  await dialogOf(page).getByLabel(snapshotLockText.days).fill('3');
  await confirm(page, snapshotLockText.lockNow);
  await page.getByText(snapshotLockText.locked('governance')).waitFor();
  assert.equal((await locks())?.[0]?.LockDuration, 3);
  await button(page, snapshotLockText.unlock).click();
  await page.getByText(snapshotLockText.unlocked).waitFor();
  assert.deepEqual(await locks(), []);
});

test('sessions of the account are listed, and one of them is ended from here', async () => {
  const other = await openSignedIn(browser, imago, { route: '#/volumes' });
  await goTo(page, '#/account?tab=sessions');
  const rows = page.getByRole('row').filter({ hasText: imago.credentials.accessKeyId });
  await until('both are listed', async () => (await rows.count()) === 2);
  await rows
    .filter({ hasNotText: sessionsText.this })
    .getByRole('button', { name: sessionsText.end })
    .click();
  await until('one is left', async () => (await rows.count()) === 1);
  await rows.getByText(sessionsText.this, { exact: true }).waitFor();
  const { Sessions } = await clientOf(imago).imago('ListSessions', {});
  assert.equal(Sessions.length, 1);
  await other.page.getByRole('button', { name: 'Sign in' }).waitFor();
  await other.page.context().close();
});
