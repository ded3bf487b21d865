/**
 * The screen of a machine in Chromium, with the machine played: what its keyboard and its pointer
 * are told, the full screen, and the picture of one that lends nobody its keyboard. A real guest's
 * is in whole-way.test.ts.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import jpeg from 'jpeg-js';
import type { Page, WebSocketRoute } from 'playwright-core';
import { screenText } from '../../console/src/text/instance.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
  saysWhy,
  type Tab,
} from './browser.ts';
import { RfbServer, screenSize } from './rfb-server.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let route: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  const ec2 = imago.ec2();
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, ImageId, await access(imago));
  const id = launched?.InstanceId ?? '';
  await waitForState(ec2, id, 'running');
  route = `#/instances/${id}?tab=screen`;
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

async function answerScreens(page: Page, answer: (socket: WebSocketRoute) => void): Promise<void> {
  await page.routeWebSocket(/\/screen\?/, answer);
  // What noVNC asks for are members of its own class, not of one above it.
  await page.evaluate('WebSocket = Object.getPrototypeOf(WebSocket)');
}

async function atTheScreen(): Promise<Tab & { machine: RfbServer }> {
  const tab = await openSignedIn(browser, imago);
  const connected = Promise.withResolvers<RfbServer>();
  await answerScreens(tab.page, (socket) => connected.resolve(new RfbServer(socket)));
  await goTo(tab.page, route);
  const machine = await connected.promise;
  await tab.page.getByText(screenText.open).waitFor();
  return { ...tab, machine };
}

const canvas = (page: Page) => page.locator('.screen canvas');

/** As a click of the middle of the screen is told, however large it is drawn. */
const isMiddle = ({ x, y }: { x: number; y: number }) =>
  Math.abs(x - screenSize.width / 2) <= 2 && Math.abs(y - screenSize.height / 2) <= 2;

async function pressesInTheMiddle({ page, machine }: { page: Page; machine: RfbServer }) {
  machine.pointers.length = 0;
  await canvas(page).click();
  await until('the pointer is told', () => machine.pointers.some(({ buttons }) => buttons === 1));
  const pressed = machine.pointers.find(({ buttons }) => buttons === 1);
  assert.ok(pressed && isMiddle(pressed), JSON.stringify(pressed));
}

test('keys and places of the pointer reach the machine, and Ctrl-Alt-Del by its button', async () => {
  const tab = await atTheScreen();
  const { page, machine } = tab;
  await pressesInTheMiddle(tab);
  await page.keyboard.press('a');
  await until('the key is told', () => machine.keys.includes('-61'));
  machine.keys.length = 0;
  await button(page, screenText.ctrlAltDel).click();
  await until('all are let go', () => machine.keys.length === 6);
  // Control, Alt and Delete, as X names them.
  const [control, alt, del] = ['ffe3', 'ffe9', 'ffff'];
  assert.deepEqual(machine.keys, [
    ...[`+${control}`, `+${alt}`, `+${del}`],
    ...[`-${del}`, `-${alt}`, `-${control}`],
  ]);
  assert.deepEqual(tab.complaints, []);
  await page.context().close();
});

test('a text is typed key by key; what no key has is told, and nothing typed then', async () => {
  const { page, machine } = await atTheScreen();
  await button(page, screenText.type).click();
  const field = dialogOf(page).getByLabel(screenText.typed, { exact: true });
  await field.fill('aü');
  await button(dialogOf(page), screenText.typeNow).click();
  await dialogOf(page).getByRole('alert').getByText(screenText.withoutKey('ü')).waitFor();
  assert.deepEqual(machine.keys, []);
  await field.fill('a?\n');
  await button(dialogOf(page), screenText.typeNow).click();
  await dialogOf(page).waitFor({ state: 'detached' });
  const shift = 'ffe1';
  const typed = ['+61', '-61', `+${shift}`, '+3f', '-3f', `-${shift}`, '+ff0d', '-ff0d'];
  await until('all of it is told', () => machine.keys.length >= typed.length);
  assert.deepEqual(machine.keys, typed);
  await page.context().close();
});

test('it fills the whole screen, where the pointer is right as well, and gives the keyboard back', async () => {
  const tab = await atTheScreen();
  const { page, machine } = tab;
  await button(page, screenText.fullScreen).click();
  const isFull = () => page.evaluate<boolean>('!!document.fullscreenElement?.matches(".screen")');
  await until('it is full', isFull);
  // One types there at once.
  await page.keyboard.press('b');
  await until('the key is told', () => machine.keys.includes('-62'));
  await pressesInTheMiddle(tab);
  await page.evaluate('document.exitFullscreen()');
  await until('it is back', async () => !(await isFull()));
  await page.keyboard.press('Control+]');
  const focused = 'document.activeElement.textContent';
  await until('a button has the focus', async () =>
    String(await page.evaluate(focused)).includes(screenText.ctrlAltDel),
  );
  await until('no key is held down', () => {
    const held = new Set<string>();
    for (const key of machine.keys) {
      if (key.startsWith('+')) held.add(key.slice(1));
      else held.delete(key.slice(1));
    }
    return held.size === 0;
  });
  await page.context().close();
});

test('a machine that lends nobody its keyboard is a picture, and says that it is one', async () => {
  const { page } = await openSignedIn(browser, imago);
  await answerScreens(page, (socket) => void socket.close());
  const data = Buffer.alloc(32 * 16 * 4, 128);
  const { data: picture } = jpeg.encode({ width: 32, height: 16, data }, 90);
  await page.route(`${imago.endpoint}/`, async (asked) => {
    if (asked.request().headers()['x-amz-target'] !== 'ec2.GetConsoleScreenshot') {
      return asked.continue();
    }
    await asked.fulfill({ json: { ImageData: picture.toString('base64') } });
  });
  await goTo(page, route);
  await page.getByText(screenText.viewOnly).first().waitFor();
  const shown = page.locator('.screen img');
  const width = () => shown.evaluate((image) => Number(Reflect.get(image, 'naturalWidth')));
  await until('the picture is drawn', async () => (await width()) === 32);
  for (const name of [screenText.ctrlAltDel, screenText.type]) {
    await saysWhy(button(page, name), screenText.viewOnly);
    await button(page, name).click({ force: true });
  }
  assert.equal(await dialogOf(page).count(), 0);
  const saving = page.waitForEvent('download');
  await button(page, screenText.picture).click();
  const saved = await saving;
  assert.match(saved.suggestedFilename(), /^i-[0-9a-f]{17}\.jpg$/);
  assert.deepEqual(readFileSync(await saved.path()), picture);
  await page.context().close();
});
