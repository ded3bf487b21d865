/**
 * Images from recipes, in the console: what there is of components, recipes and pipelines, a build
 * that is begun by hand, with its steps and its log as it goes on, and its end by hand. On a
 * simulated machine, which runs no command.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GetImageCommand } from '@aws-sdk/client-imagebuilder';
import type { Page } from 'playwright-core';
import { builderText, buildText } from '../../console/src/text/builder.ts';
import { builderClient } from '../support/image-builder.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  button,
  type ConsoleBrowser,
  confirm,
  goTo,
  openBrowser,
  openSignedIn,
  saysWhy,
  type Tab,
} from './browser.ts';
import { endlessData, newPipeline } from './pipeline.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let tab: Tab;
let page: Page;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  await newPipeline(imago, { data: endlessData });
  tab = await openSignedIn(browser, imago);
  ({ page } = tab);
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

test('recipes and components are listed', async () => {
  await goTo(page, '#/builder?tab=components');
  const components = page.getByRole('table', { name: builderText.components.title });
  await components.getByRole('row').filter({ hasText: 'Say hello' }).getByText('1.0.0').waitFor();
  await goTo(page, '#/builder?tab=recipes');
  const recipes = page.getByRole('table', { name: builderText.recipes.title });
  const recipe = recipes.getByRole('row').filter({ hasText: 'Web' });
  await recipe.getByRole('link', { name: /^ami-/ }).waitFor();
});

test('a pipeline is started by hand, and its build is followed and cancelled', async () => {
  await goTo(page, '#/builder?tab=pipelines');
  const pipelines = page.getByRole('table', { name: builderText.pipelines.title });
  await pipelines.getByText('cron(0 3 * * ? *)').waitFor();
  await button(page, builderText.pipelines.start).click();
  await confirm(page, builderText.pipelines.startNow);
  await page.waitForURL(/#\/builder\/build\//);
  const arn = decodeURIComponent(page.url().slice(page.url().lastIndexOf('/build/') + 7));
  await page.getByRole('heading', { name: /^Web 1\.0\.0\/1/ }).waitFor();
  const steps = page.getByRole('table', { name: buildText.workflows.BUILD });
  await steps.getByRole('row').nth(1).waitFor();
  const log = page.getByRole('log', { name: buildText.log });
  await log.locator('p:not(.hint)').first().waitFor();
  await page.getByText(buildText.live, { exact: true }).waitFor();

  await button(page, buildText.cancel).click();
  await confirm(page, buildText.cancelNow);
  await page.getByRole('heading', { name: 'cancelled' }).first().waitFor();
  await page.getByText(buildText.over, { exact: true }).waitFor();
  await saysWhy(button(page, buildText.cancel), buildText.hasEnded);
  const client = builderClient(imago);
  const { image } = await client.send(new GetImageCommand({ imageBuildVersionArn: arn }));
  assert.equal(image?.state?.status, 'CANCELLED');
  client.destroy();

  await goTo(page, '#/builder');
  const builds = page.getByRole('table', { name: builderText.builds.title });
  await builds.getByRole('row').filter({ hasText: 'cancelled' }).getByRole('link').click();
  await page.waitForURL(/#\/builder\/build\//);
  assert.deepEqual(tab.complaints, []);
});
