/** Drills in the console: begun from an image, with checks as they are typed; what came of each is seen. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  backupDrillsText,
  drillDialogText,
  drillsText,
  drillText,
} from '../../console/src/text/drills.ts';
import { actionsText } from '../../console/src/text/image.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import {
  button,
  type ConsoleBrowser,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
} from './browser.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ami: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  ami = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

test('a mistake is told by its line; a drill passes, another fails, and both are in the trend', async () => {
  const { page, complaints } = await openSignedIn(browser, imago, { route: `#/images/${ami}` });
  await button(page, actionsText.drills).click();
  await page.getByText(backupDrillsText.empty).waitFor();
  await button(page, backupDrillsText.begin).click();
  const checks = dialogOf(page).getByLabel(drillDialogText.checks);
  await checks.fill('checks:\n  - comand: df /\n');
  await button(dialogOf(page), drillDialogText.begin).click();
  await dialogOf(page).getByText("Line 2: there is no 'comand'").waitFor();
  await checks.fill('checks:\n  - name: room\n    command: df /\n  - port: 22\n');
  const command = await dialogOf(page).locator('.as-code pre').textContent();
  assert.match(command ?? '', /name: room[\s\S]*\nimago drill ami-\w+ --checks drill\.yaml$/);
  await button(dialogOf(page), drillDialogText.begin).click();

  await page.getByRole('heading', { name: drillText.title(ami) }).waitFor();
  await page.getByRole('heading', { name: drillsText.states.passed }).waitFor();
  await page.getByText(drillText.done(2, 2)).waitFor();
  assert.equal(await page.getByText(drillText.passed).count(), 2);
  assert.equal(await page.getByText(drillText.evidence).count(), 0);

  await button(page, drillText.again).click();
  await dialogOf(page)
    .getByLabel(drillDialogText.checks)
    .fill('checks:\n  - command: hostname\n    equals: web-1\n');
  await button(dialogOf(page), drillDialogText.begin).click();
  await page.getByRole('heading', { name: drillsText.states.failed }).waitFor();
  await page.locator('.found').getByText('its output is ""').waitFor();
  await page.getByText(drillText.console).waitFor();

  await goTo(page, `#/drills/${ami}`);
  await page.locator('svg.trend rect.failed').waitFor();
  assert.equal(await page.locator('svg.trend rect').count(), 2);
  await goTo(page, '#/drills');
  const row = page.getByRole('row', { name: ami });
  await row.locator('.mark', { hasText: drillsText.states.failed }).waitFor();
  assert.deepEqual(complaints, []);
});

test('one that waits is stopped, and says so', async () => {
  const { page } = await openSignedIn(browser, imago, { route: `#/drills/${ami}` });
  await button(page, backupDrillsText.begin).click();
  await dialogOf(page).getByLabel(drillDialogText.checks).fill('console: never said\n');
  await button(dialogOf(page), drillDialogText.begin).click();
  await button(page, drillText.stop).click();
  await page.getByRole('heading', { name: drillsText.states.stopped }).waitFor();
});
