/**
 * What a hostile guest writes to its serial console, shown in the browser: it is a terminal's, and
 * commands nothing else. The guest is played here; a simulated machine's console takes no input.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RunInstancesCommand, waitUntilInstanceRunning } from '@aws-sdk/client-ec2';
import type { WebSocketRoute } from 'playwright-core';
import { homeWith } from '../../support/image-home.ts';
import { ImagoProcess } from '../../support/imago.ts';
import { providerImage } from '../../support/launch.ts';
import { until } from '../../support/until.ts';
import { type ConsoleBrowser, followLink, goTo, linkFor, openBrowser } from '../browser.ts';
import { placeOf } from '../terminal-rows.ts';
import { alarm, hostileText, openWatchedTab } from './watched-tab.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let instanceId: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  const client = imago.ec2();
  const { ImageId } = await providerImage(client, 'imago-micro-*');
  const launch = { ImageId, InstanceType: 't3.nano' as const, MinCount: 1, MaxCount: 1 };
  const { Instances } = await client.send(new RunInstancesCommand(launch));
  instanceId = Instances?.[0]?.InstanceId ?? '';
  const waiting = { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
  await waitUntilInstanceRunning(waiting, { InstanceIds: [instanceId] });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

const link = (address: string, text: string) => `\x1b]8;;${address}\x07${text}\x1b]8;;\x07`;
/** Each asks the terminal for an answer, which would count as typed. */
const questions = '\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1b]10;?\x07\x1bP$qm\x1b\\\x05';
const hostileOutput = [
  '\x1b[2J\x1b[H',
  ...[`\x1b]0;${alarm}\x07`, `\x1b]2;${alarm}\x1b\\`, `\x1b]52;c;${btoa(alarm)}\x07`],
  ...['\x1b[8;500;500t', '\x1b[3;0;0t', '\x1b[5t', '\x1b[?1049h\x1b[?1049l', '\x1b(0\x1b(B'],
  `\x1b]1337;File=inline=1:${btoa('<svg onload=owned()>')}\x07`,
  '\x1bPq#0;2;0;0;0#0!1000~-\x1b\\',
  '\x1b[999999999C\x1b[999999999;999999999H\x1b[4294967296m\x1b[99999999@\x1b[2147483647b',
  `\x1b]${'9'.repeat(100_000)};x\x07\x1b[${'1;'.repeat(100_000)}m\x1b[0m`,
  'W'.repeat(500_000),
  `\r\n${hostileText(2000)}\r\n\xff\xfe\x00\x1b`,
  `\x1bc${link(`javascript:${alarm}()`, 'FIRST-LINK')} ${link('https://stranger.example/', 'SECOND-LINK')}`,
  `\r\n${link('data:text/html,<script>1</script>', 'THIRD-LINK')} https://stranger.example/\r\n`,
].join('');

test('a hostile guest commands nothing but its terminal', async () => {
  const tab = await openWatchedTab(browser, imago.endpoint);
  const { page, alarms } = tab;
  const typed: string[] = [];
  const connected = Promise.withResolvers<WebSocketRoute>();
  await page.route(`${imago.endpoint}/`, async (route) => {
    if (route.request().headers()['x-amz-target'] !== 'ec2.GetConsoleOutput') {
      return route.continue();
    }
    const Output = Buffer.from(`${hostileOutput}${questions}PAST\r\n`).toString('base64');
    await route.fulfill({ json: { InstanceId: instanceId, Output } });
  });
  await page.routeWebSocket(/\/imago\/instances\/.*\/console/, (socket) => {
    socket.onMessage((message) => void typed.push(String(message)));
    connected.resolve(socket);
  });
  await followLink(page, await linkFor(imago));
  await goTo(page, `#/instances/${instanceId}?tab=console`);
  const shows = (text: string) =>
    until(`the terminal shows ${text}`, async () =>
      ((await page.locator('.xterm-rows').textContent()) ?? '').includes(text),
    );
  await shows('PAST');
  // What was asked before somebody looked is not answered to whoever reads there now.
  assert.deepEqual(typed, []);
  (await connected.promise).send(Buffer.from(`${hostileOutput}NOW\r\n`));
  await shows('NOW');
  // A line that does not end is told to screen readers up to a bound: all of it is laid out anew with
  // each part that comes, and the page stands still meanwhile.
  const announced = (await page.locator('.terminal .live-region').textContent()) ?? '';
  assert.ok(announced.length > 100 && announced.length < 10_000, `${announced.length} characters`);
  for (const text of ['FIRST-LINK', 'SECOND-LINK', 'THIRD-LINK']) {
    const { x, y, width, height } = await placeOf(
      page.locator('.xterm-screen').getByText(text).first(),
    );
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.click(x + width / 2, y + height / 2);
  }
  await tab.settled();
  assert.deepEqual(alarms, []);
  assert.equal(await page.title(), 'Imago');
  assert.equal(new URL(page.url()).origin, imago.endpoint);
  const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(Number(wider) <= 0, `${wider} px too wide`);
  // The page is as quick as before: a tab of the view opens.
  await goTo(page, `#/instances/${instanceId}`);
  await page.getByText(instanceId).first().waitFor();
  await page.context().close();
});
