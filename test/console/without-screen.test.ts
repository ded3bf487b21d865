/** A machine without a screen, in Chromium: what there is to say about it is the server's to say. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { instanceText } from '../../console/src/text/instance.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage } from '../support/launch.ts';
import { until } from '../support/until.ts';
import { type ConsoleBrowser, openBrowser, openSignedIn } from './browser.ts';

/** As the view has it. */
const pictureEveryMs = 3000;

let imago: ImagoProcess;
let browser: ConsoleBrowser;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

test('a simulated machine has none, says the server, and is not asked again and again', async () => {
  const ec2 = imago.ec2();
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, ImageId, await access(imago));
  const id = launched?.InstanceId ?? '';
  const { page, asked } = await openSignedIn(browser, imago, { route: `#/instances/${id}` });
  const heading = page.getByRole('heading', { level: 1 });
  await heading.getByText('running').waitFor();
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await page.getByRole('link', { name: instanceText.tabs.screen, exact: true }).click();
  const said = page.getByRole('alert');
  await said.getByText(`The machine of ${id} has no screen`, { exact: false }).waitFor();
  assert.equal(sockets.filter((url) => url.includes('/screen')).length, 1);
  // Nor for pictures, in the time in which there would have been some: only when one asks.
  const shots = () => asked.filter((action) => action === 'ec2.GetConsoleScreenshot').length;
  await page.waitForTimeout(3 * pictureEveryMs);
  assert.equal(shots(), 1);
  await said.getByRole('button').click();
  await until('it is asked again', () => shots() === 2);
  await said.waitFor();
});
