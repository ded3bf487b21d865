/**
 * The serial console in Chromium, with the guest played: colours of 24 bits under the page's policy,
 * copying what is marked and pasting, by mouse and by keyboard. A real guest's is in
 * whole-way.test.ts, a hostile one's in hostile/.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WebSocketRoute } from 'playwright-core';
import { consoleText } from '../../console/src/text/instance.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  followLink,
  goTo,
  linkFor,
  openBrowser,
  saysWhy,
} from './browser.ts';
import { openWatchedTab } from './hostile/watched-tab.ts';
import { lookOf, placeOf } from './terminal-rows.ts';

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
  route = `#/instances/${id}?tab=console`;
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

/** What the page's policy refuses is an alarm. */
async function atTheConsole({ mayReadClipboard = true } = {}) {
  const tab = await openWatchedTab(browser, imago.endpoint);
  const { page } = tab;
  const permissions = ['clipboard-write', ...(mayReadClipboard ? ['clipboard-read'] : [])];
  await page.context().grantPermissions(permissions);
  const typed: string[] = [];
  const connected = Promise.withResolvers<WebSocketRoute>();
  await page.routeWebSocket(/\/console\?/, (socket) => {
    socket.onMessage((message) => void typed.push(String(message)));
    connected.resolve(socket);
  });
  await followLink(page, await linkFor(imago));
  await goTo(page, route);
  await page.getByText(consoleText.open).waitFor();
  const guest = await connected.promise;
  const writes = (text: string) => guest.send(Buffer.from(text));
  return { ...tab, typed, writes, rows: page.locator('.xterm-rows') };
}

test('colours of 24 bits, of the 256 and attributes are shown as they are written', async () => {
  const { page, alarms, rows, writes } = await atTheConsole();
  writes('\x1b[38;2;255;100;3mTRUE\x1b[0m \x1b[48;2;1;2;3;38;2;200;201;202mBOTH\x1b[0m ');
  writes(
    '\x1b[38;5;201mPALETTE\x1b[0m \x1b[1;3;4mATTRIBUTES\x1b[0m \x1b[7;38;2;9;8;7mINVERSE\x1b[0m',
  );
  const look = (text: string) => lookOf(rows.getByText(text, { exact: true }));
  assert.equal((await look('TRUE'))[0], 'rgb(255, 100, 3)');
  assert.deepEqual(await look('BOTH'), ['rgb(200, 201, 202)', 'rgb(1, 2, 3)']);
  assert.equal((await look('PALETTE'))[0], 'rgb(255, 0, 255)');
  assert.equal((await look('INVERSE'))[1], 'rgb(9, 8, 7)');
  await rows.getByText('ATTRIBUTES', { exact: true }).waitFor();
  // A screenful of them in other colours, again and again, as programs draw curves.
  for (let frame = 0; frame < 5; frame++) {
    const cells = Array.from({ length: 1000 }, (_, at) => `\x1b[48;2;${at % 256};${frame};0m `);
    writes(`\x1b[H${cells.join('')}\x1b[0m`);
  }
  writes('\x1b[2J\x1b[HDONE');
  await rows.getByText('DONE').waitFor();
  assert.deepEqual(alarms, []);
  await page.context().close();
});

test('what is marked is copied, and what was copied is pasted, by mouse', async () => {
  const { page, alarms, rows, typed, writes } = await atTheConsole();
  const copy = button(page, consoleText.copy);
  await saysWhy(copy, consoleText.nothingMarked);
  writes('first MARKED-WORD last\r\n');
  await rows.getByText('MARKED-WORD').waitFor();
  const middle = await middleOfWord();
  await page.mouse.dblclick(middle.x, middle.y);
  await saysWhy(copy, '');
  await copy.click();
  const copied = () => page.evaluate<string>('navigator.clipboard.readText()');
  await until('it is copied', async () => (await copied()) === 'MARKED-WORD');
  typed.length = 0;
  await button(page, consoleText.paste).click();
  await until('it is pasted', () => typed.join('') === 'MARKED-WORD');
  assert.deepEqual(alarms, []);
  await page.context().close();

  /** The row is one element: a word of it is where its letters are. */
  async function middleOfWord() {
    const box = await placeOf(rows.getByText('MARKED-WORD'));
    const letters = 'first MARKED-WORD last';
    const at = letters.indexOf('MARKED') + 3;
    return { x: box.x + (box.width / letters.length) * at, y: box.y + box.height / 2 };
  }
});

test('by keyboard as in other terminals; Ctrl-C alone interrupts', async () => {
  const { page, rows, typed, writes } = await atTheConsole();
  writes('anything\r\n');
  await rows.getByText('anything').waitFor();
  await page.evaluate('navigator.clipboard.writeText("pasted\\nlines")');
  await page.locator('.terminal .xterm-screen').click();
  typed.length = 0;
  await page.keyboard.press('Control+c');
  await until('it interrupts', () => typed.join('') === '\x03');
  typed.length = 0;
  await page.keyboard.press('Control+Shift+V');
  await until('it is pasted', () => typed.join('') === 'pasted\rlines');
  await page.keyboard.press('Control+]');
  const focused = () => page.evaluate<string>('document.activeElement.textContent');
  await until('the page has the keyboard', async () => (await focused()) === consoleText.copy);
  await page.context().close();
});

test('where the browser does not tell what was copied, it is said how to paste', async () => {
  const { page, typed } = await atTheConsole({ mayReadClipboard: false });
  await button(page, consoleText.paste).click();
  await page.getByText(consoleText.cannotPaste).waitFor();
  assert.deepEqual(typed, []);
  await page.context().close();
});
