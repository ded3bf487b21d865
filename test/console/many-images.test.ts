/**
 * 10,000 images: the list is a page of the server's, search is the server's, and the browser is
 * sent little. How long all that takes is bench/console.bench.ts's to print.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { imageName } from '../../bench/catalog-of-images.ts';
import { common } from '../../console/src/text/common.ts';
import { imagesText } from '../../console/src/text/images.ts';
import type { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';
import { type ConsoleBrowser, openBrowser, settled, type Tab } from './browser.ts';
import {
  coldLoadMs,
  countOf,
  firstPageMaxBytes,
  hasRows,
  imagoWithManyImages,
  openList,
  rows,
  search,
  sentBytes,
} from './many-images.ts';

const pageRows = 50;

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let tab: Tab;
before(async () => {
  imago = await imagoWithManyImages();
  browser = await openBrowser();
  tab = await openList(browser, imago);
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

test('a first look fetches a page of images, and of the console what that needs', async () => {
  await coldLoadMs(tab);
  assert.equal(await countOf(tab), pageRows);
  const lists = tab.asked.filter((action) => action === 'ec2.DescribeImages');
  assert.ok(lists.length <= 2, `${lists.length} lists of images`);
  const bytes = sentBytes(tab);
  assert.ok(bytes > 10_000 && bytes <= firstPageMaxBytes, `${bytes} bytes`);
  const names = tab.fetched.join('\n');
  for (const heavy of ['instance-console', 'instance-screen', 'image-view', 'uPlot', 'rfb']) {
    assert.ok(!names.includes(heavy), `${heavy} is for when it is needed`);
  }
});

test('a search asks the server once the fingers rest, and finds among all', async () => {
  tab.asked.splice(0);
  const wanted = imageName(7777);
  await search(tab).pressSequentially(wanted, { delay: 5 });
  await tab.page.getByRole('link', { name: wanted, exact: true }).waitFor();
  await hasRows(tab, 1);
  assert.ok(tab.asked.length < wanted.length / 2, `${tab.asked.length} requests`);
  assert.match(tab.page.url(), /q=team-/);
  await search(tab).fill('no-such-image');
  await tab.page.getByText(imagesText.empty.search('no-such-image')).waitFor();
  await search(tab).fill('Team=team-7');
  await hasRows(tab, pageRows);
  await search(tab).fill('');
});

test('more is the next page, and back from an image is where one was', async () => {
  const more = tab.page.getByRole('button', { name: common.more });
  await until('no search is in the address', () => !tab.page.url().includes('q='));
  await coldLoadMs(tab);
  let shown = await countOf(tab);
  for (let clicks = 0; clicks < 4; clicks++) {
    const before = shown;
    await more.click();
    await until('there are more rows', async () => {
      shown = await countOf(tab);
      return shown > before;
    });
  }
  await tab.page.evaluate('scrollTo(0, 0)');
  const seen = new Set<string>();
  await until('every row was in sight', async () => {
    for (const name of await rows(tab).locator('td:first-child').allTextContents()) seen.add(name);
    await tab.page.mouse.wheel(0, 2000);
    return seen.size >= shown;
  });
  assert.equal(seen.size, shown);
  assert.ok((await rows(tab).count()) < shown, 'far from the window are gaps');
  await rows(tab).last().getByRole('link').first().click();
  await tab.page.getByText('ami-', { exact: false }).first().waitFor();
  await settled(tab);
  await tab.page.goBack();
  await hasRows(tab, shown);
});
