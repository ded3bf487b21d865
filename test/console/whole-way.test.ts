/**
 * The whole way by mouse, with a real guest in Chromium: an image of the provider's is launched,
 * changed at its serial console and at its screen, captured, shared, launched by another account,
 * withdrawn, restored, published and subscribed to. Every step waits for what is seen. Nothing is
 * typed but at the guest, the name of the other account and its keys, a date and what is published:
 * no address, and no keys of the page's own.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import jpeg from 'jpeg-js';
import type { Page } from 'playwright-core';
import { common } from '../../console/src/text/common.ts';
import {
  actionsText,
  imageText,
  lineageText,
  permissionsText,
} from '../../console/src/text/image.ts';
import { imagesText } from '../../console/src/text/images.ts';
import {
  captureText,
  consoleText,
  instanceActionsText,
  instanceText,
  screenText,
} from '../../console/src/text/instance.ts';
import { launchText } from '../../console/src/text/launch.ts';
import { marketText } from '../../console/src/text/market.ts';
import { accountsText, operatorText } from '../../console/src/text/operator.ts';
import { recycleBinText } from '../../console/src/text/recycle-bin.ts';
import { shell } from '../../console/src/text/shell.ts';
import { homeWith } from '../support/image-home.ts';
import { type Credentials, ImagoProcess, launcher } from '../support/imago.ts';
import { keepDeleted } from '../support/retention-rule.ts';
import { until } from '../support/until.ts';
import {
  type ConsoleBrowser,
  followLink,
  openBrowser,
  openSignedIn,
  openTab,
  signInByKey,
  type Tab,
} from './browser.ts';

const run = promisify(execFile);
/** A guest boots without the host's help. */
const bootMs = 90_000;

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let tab: Tab;
let page: Page;
/** Of the instance and of the image that is captured of it. */
let instance: string;
let image: string;
/** As it is proposed. */
let imageName: string;
let second: Credentials & { id: string };

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  browser = await openBrowser();
  tab = await openTab(browser);
  page = tab.page;
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const link = (name: string | RegExp) => page.getByRole('link', { name });
const dialog = () => page.getByRole('dialog');
const view = (name: keyof typeof shell.views) =>
  page.getByRole('navigation', { name: shell.navigation }).getByRole('link', {
    name: shell.views[name],
    exact: true,
  });
const part = (label: string, name: string) =>
  page.getByRole('navigation', { name: label }).getByRole('link', { name, exact: true });
const imagePart = (name: keyof typeof imageText.tabs) =>
  part(imageText.tabsLabel, imageText.tabs[name]);
const instancePart = (name: keyof typeof instanceText.tabs) =>
  part(instanceText.tabsLabel, instanceText.tabs[name]);
/** What opens the menu of the account that one is. */
const account = (name = 'default') => page.getByLabel(shell.accountNamed(name), { exact: true });

/** The last part of the address, once it is an id of the kind. */
async function idInAddress(form: RegExp): Promise<string> {
  await page.waitForURL(form);
  return form.exec(page.url())?.[1] ?? '';
}

/** Of whatever image the row is. */
async function launchFromList(name: RegExp): Promise<string> {
  await page
    .getByRole('row', { name })
    .getByRole('link', { name: /^Launch/ })
    .click();
  await button(launchText.launch).click();
  const id = await idInAddress(/#\/instances\/(i-\w+)$/);
  await page.getByRole('heading', { level: 1 }).getByText('running').waitFor({ timeout: bootMs });
  return id;
}

/** Logs in at the serial console that is shown. */
async function logIn(): Promise<void> {
  await page.getByText(consoleText.open).waitFor();
  await shows(page, /Please press Enter/);
  await page.keyboard.press('Enter');
  await shows(page, /admin@\S+\$/);
}

/** As a screen reader has it. */
const terminal = (of: Page) => of.locator('.terminal .xterm-accessibility');

const shows = (of: Page, what: RegExp) =>
  terminal(of).getByText(what).first().waitFor({ timeout: bootMs });

async function types(at: Page, command: string): Promise<void> {
  await at.keyboard.type(command);
  await at.keyboard.press('Enter');
}

/** How much of the screen is lit. */
const litShare = () =>
  page.evaluate<number>(`(() => {
    const screen = document.querySelector('.screen canvas');
    if (!screen?.width) return 0;
    const { data } = screen.getContext('2d').getImageData(0, 0, screen.width, screen.height);
    let lit = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] > 100) lit += 1;
    return (lit * 4) / data.length;
  })()`);

let isBroken = false;
/** Each goes on where the one before it ended. */
function step(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    assert.ok(!isBroken, 'a step before it failed');
    isBroken = true;
    await run();
    isBroken = false;
  });
}

step('signed in by the link that is printed', async () => {
  const { stdout } = await run(launcher, ['open', '--print', '--home', imago.home]);
  await followLink(page, stdout.trim());
  await account().waitFor();
  assert.doesNotMatch(page.url(), /secret|token/);
});

step('micro is launched from the list in three clicks, and typed to', async () => {
  await link(imagesText.tabs.provider).click();
  instance = await launchFromList(/imago-micro/);
  await instancePart('console').click();
  await logIn();
  // The answer is not in what is typed.
  await types(
    page,
    'echo made by hand > made; sudo rm /etc/dropbear/dropbear_ed25519_host_key; sync; echo $((40 + 2)) so',
  );
  await shows(page, /42 so/);
});

step('its screen shows something, and its keyboard reaches the guest', async () => {
  // Who looks as well sees what everybody types.
  const other = (
    await openSignedIn(browser, imago, { route: `#/instances/${instance}?tab=console` })
  ).page;
  await shows(other, /42 so/);
  await instancePart('screen').click();
  await page.getByText(screenText.open).waitFor();
  await until('something on the screen', async () => (await litShare()) > 0.001);
  await until('the file that is made at the screen', async () => {
    // The first line only logs in there.
    await types(page, 'touch by-screen');
    await types(other, 'ls');
    return terminal(other).getByText('by-screen').first().isVisible();
  });
  await other.context().close();
  const saving = page.waitForEvent('download');
  await button(screenText.picture).click();
  const { width, height } = jpeg.decode(readFileSync(await (await saving).path()));
  assert.ok(width >= 640 && height >= 400, `${width} by ${height}`);
});

step('Imago is killed and comes back: screen and console go on', async () => {
  await imago.kill();
  await page.getByText(screenText.connecting).first().waitFor();
  await imago.start();
  await page.getByText(screenText.open).waitFor();
  await until('something on the screen', async () => (await litShare()) > 0.001);
  await instancePart('console').click();
  await page.getByText(consoleText.open).waitFor();
  await shows(page, /admin@/);
  await imago.kill();
  await page.getByText(consoleText.connecting).waitFor();
  await imago.start();
  await page.getByText(consoleText.open).waitFor();
  await types(page, 'echo $((40 + 3)) so');
  await shows(page, /43 so/);
});

step('it is captured, and how far that has come is seen', async () => {
  await button(instanceActionsText.capture).click();
  imageName = await dialog().getByLabel(captureText.name).inputValue();
  assert.ok(imageName.startsWith(instance), imageName);
  // Of what is captured while it runs no product can be made.
  await dialog().getByLabel(captureText.reboots).check();
  const progress = dialog().getByRole('progressbar').waitFor({ state: 'attached' });
  await dialog().getByRole('button', { name: captureText.capture, exact: true }).click();
  await progress;
  await dialog().getByText(captureText.done).waitFor();
  await dialog().getByRole('button', { name: captureText.toImage }).click();
  image = await idInAddress(/#\/images\/(ami-\w+)$/);
  await page.getByRole('heading', { level: 1, name: imageName }).waitFor();
});

step('its lineage leads from the image of the provider over the instance to it', async () => {
  await imagePart('lineage').click();
  const picture = page.locator('svg.lineage');
  const thing = (kind: keyof typeof lineageText.kinds, name: string) =>
    picture.getByRole('link', { name: `${lineageText.kinds[kind]} ${name}` });
  await thing('image', imageName).waitFor();
  await thing('instance', instance).waitFor();
  await picture.getByText(lineageText.how.capture).waitFor();
  await picture.getByText(lineageText.how.launch).waitFor();
  await picture
    .getByRole('link', { name: /ami-|imago-micro/ })
    .first()
    .waitFor();
});

step('an operator makes a second account, whom the image is shared with', async () => {
  await view('operator').click();
  await part(operatorText.tabsLabel, operatorText.tabs.accounts).click();
  await button(accountsText.create).click();
  await dialog().getByLabel(accountsText.columns.name).fill('second');
  await dialog().getByRole('button', { name: accountsText.createNow, exact: true }).click();
  const keys = (await dialog().locator('pre').textContent()) ?? '';
  const [accessKeyId = '', secretAccessKey = ''] = keys.trim().split(/\s+/);
  await dialog().getByRole('button', { name: common.close }).first().click();
  const cells = page.getByRole('row', { name: /second/ });
  const id = /\d{12}/.exec((await cells.textContent()) ?? '')?.[0] ?? '';
  second = { id, accessKeyId, secretAccessKey };

  await view('images').click();
  await link(imagesText.tabs.mine).click();
  await link(new RegExp(`^${imageName}$`)).click();
  await imagePart('permissions').click();
  await button(permissionsText.share).click();
  await dialog().getByLabel(common.knownAccount).selectOption(`second · ${id}`);
  await dialog()
    .getByRole('button', { name: /^Share/ })
    .click();
  await page.getByRole('listitem').getByText(id).waitFor();
});

step('the second account, signed in beside the first, launches it and finds the file', async () => {
  await account().click();
  await button(shell.anotherAccount).click();
  await signInByKey(page, second);
  await account('second').waitFor();
  await view('images').click();
  await link(imagesText.tabs.shared).click();
  await launchFromList(new RegExp(imageName));
  await instancePart('console').click();
  await logIn();
  await types(page, 'cat made');
  await shows(page, /made by hand/);
});

step('the first account deprecates it, deregisters it and has it back', async () => {
  await keepDeleted(imago, imago.credentials, 'EC2_IMAGE');
  await account('second').click();
  await page.getByRole('button', { name: /\d{12}$/ }).click();
  await account().waitFor();
  await openOwnImage();
  await button(actionsText.deprecate).click();
  const day = new Date(Date.now() + 48 * 60 * 60_000).toISOString().slice(0, 10);
  await dialog().getByLabel(actionsText.day).fill(day);
  await dialog().getByRole('button', { name: actionsText.save }).click();
  await dialog().waitFor({ state: 'detached' });
  await imagePart('details').click();
  await page.getByRole('main').getByText(imageText.facts.deprecation).waitFor();

  await button(actionsText.deregister).click();
  await dialog().getByRole('button', { name: actionsText.deregister, exact: true }).click();
  await page.getByText(imagesText.empty.mine).waitFor();
  await view('recycle-bin').click();
  await button(recycleBinText.restoreOne(image)).click();
  assert.equal(await idInAddress(/#\/images\/(ami-\w+)$/), image);
  await page.getByRole('heading', { level: 1, name: imageName }).waitFor();
});

step('it is published in the marketplace, and the second account subscribes', async () => {
  await view('market').click();
  await button(marketText.publish).first().click();
  await dialog().getByLabel(marketText.fields.ImageId).fill(image);
  await dialog().getByLabel(marketText.fields.Title).fill('Made by hand');
  await dialog().getByRole('button', { name: marketText.publishNow, exact: true }).click();
  await dialog().waitFor({ state: 'detached' });
  const product = page.locator('.product', { hasText: 'Made by hand' });
  await product.getByText('available').first().waitFor({ timeout: bootMs });
  await account().click();
  await page.getByRole('button', { name: new RegExp(second.id) }).click();
  await account('second').waitFor();
  await view('market').click();
  await product.getByRole('button', { name: marketText.subscribe }).click();
  await dialog().getByRole('button', { name: marketText.now.subscribe, exact: true }).click();
  await product.getByRole('button', { name: marketText.unsubscribe }).waitFor();
});

const away = /net::ERR_|WebSocket|status of 400|^Failed when connecting: Connection closed/;

step('no page has complained on the way', async () => {
  // But for Imago's being away, and for an instance that the account switched to does not see.
  const others = tab.complaints.filter((each) => !away.test(each));
  assert.deepEqual(others, []);
});

async function openOwnImage(): Promise<void> {
  await view('images').click();
  await link(imagesText.tabs.mine).click();
  await link(new RegExp(`^${imageName}$`)).click();
}
