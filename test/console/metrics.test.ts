/**
 * The metrics of an instance in Chromium. A simulated machine takes nothing, so what is drawn is
 * what an Imago before a restart kept of it; without that the view says that there is nothing.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import axe from 'axe-core';
import { metricsText as text } from '../../console/src/text/metrics.ts';
import { Home } from '../../server/foundations/home.ts';
import { SampleFiles } from '../../server/metrics/sample-files.ts';
import { figures, spanMs } from '../../server/metrics/series.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { until } from '../support/until.ts';
import { type ConsoleBrowser, openBrowser, openSignedIn, settled } from './browser.ts';

const daySpans = 288;

let browser: ConsoleBrowser;
let imago: ImagoProcess;
let instanceId: string;
let home: string;
before(async () => {
  home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home });
  browser = await openBrowser();
  const ec2 = imago.ec2();
  const { ImageId } = await providerImage(ec2, 'imago-micro-*');
  const launch = { ImageId, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 } as const;
  const { Instances } = await ec2.send(new RunInstancesCommand(launch));
  instanceId = Instances?.[0]?.InstanceId ?? '';
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

/** A day in waves, with an hour in the night of which nothing is known. */
async function keepADay(): Promise<void> {
  const files = new SampleFiles(new Home(home).metricsFolder);
  const last = Math.floor(Date.now() / spanMs);
  for (let span = last - daySpans + 1; span <= last; span++) {
    if (last - span > 100 && last - span < 113) continue;
    const wave = 1 + Math.sin(span / 20);
    const values = Float32Array.from(figures, (figure, index) =>
      figure === 'cpuPercent' ? 40 * wave : 50_000 * (index + wave),
    );
    await files.append(span, [{ instanceId, values }]);
  }
}

test('the curves of an instance are drawn, told to who does not see them, and follow the theme', async () => {
  const route = `#/instances/${instanceId}?tab=metrics`;
  const tab = await openSignedIn(browser, imago, { route });
  await tab.page.getByText(text.nothing).waitFor();
  await imago.stop();
  await keepADay();
  await imago.start();
  await tab.page.close();

  for (const width of [1280, 390]) {
    for (const theme of ['light', 'dark'] as const) {
      const look = { route: `${route}&span=day`, width, theme };
      const shown = await openSignedIn(browser, imago, look);
      const { page } = shown;
      const plot = page.getByRole('img', { name: new RegExp(`^${text.cpu.title} over time`) });
      await plot.locator('canvas').waitFor();
      await settled(shown);
      assert.match((await plot.getAttribute('aria-label')) ?? '', /80 % at most/);
      await until('three curves', async () => (await page.locator('canvas').count()) === 3);
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      assert.ok(Number(wide) <= 0, `${width} px, ${theme}`);
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate(
        'axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] })',
      )) as axe.AxeResults;
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
        [],
      );
      await page.locator('details.card summary').click();
      await page.locator('details.card tbody tr').nth(22).waitFor();
      await page.getByRole('link', { name: text.spans.hour }).click();
      await page.waitForURL(/span=hour/);
      await page.locator('details.card summary').click();
      await page.locator('details.card tbody tr').nth(11).waitFor();
      assert.deepEqual(shown.complaints, []);
      await page.close();
    }
  }
});
