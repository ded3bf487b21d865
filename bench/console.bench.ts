/**
 * What a person waits for in the console with 10,000 images, in Chromium on this host: from a cold
 * load to the list on the screen, from each key and click to the next paint, with a page of rows
 * and with ten of them, and from the last letter of a search to what it found; what the first page
 * weighs. The goals: 1 s, 200 ms, 150 kB. With --full there are a million images, all of one
 * account.
 *
 *   npm run console && tools/node24 bench/console.bench.ts [--full]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { common } from '../console/src/text/common.ts';
import { imagesText } from '../console/src/text/images.ts';
import { openBrowser, settled, type Tab } from '../test/console/browser.ts';
import {
  coldLoadMs,
  countOf,
  firstPageMaxBytes,
  imagoWithManyImages,
  interactionsMs,
  openList,
  rows,
  search,
  sentBytes,
} from '../test/console/many-images.ts';
import { load, spread } from './figures.ts';

const loads = 7;
const loadGoalMs = 1000;
const paintGoalMs = 200;
const typed = ['web-server', 'team-07/post', 'Team=team-3', 'batch'];
/** Entries of the event timing come after their paint. */
const reportMs = 300;

/** As the address has it. */
const searchIn = (hash: string) => new URLSearchParams(hash.split('?')[1]).get('q');

/** Until what was found is shown, the wait for the fingers to rest included. */
const searchesMs = new Map<string, number[]>();

async function typeAndClick(tab: Tab): Promise<number[]> {
  const before = (await interactionsMs(tab)).length;
  for (const words of typed) {
    await search(tab).pressSequentially(words, { delay: 40 });
    const typedAtMs = performance.now();
    await tab.page.waitForURL(({ hash }) => searchIn(hash) === words);
    await settled(tab);
    searchesMs.set(words, [...(searchesMs.get(words) ?? []), performance.now() - typedAtMs]);
    await search(tab).selectText();
  }
  await search(tab).press('Delete');
  await settled(tab);
  for (const kind of [imagesText.tabs.provider, imagesText.tabs.mine]) {
    await tab.page.getByRole('link', { name: kind, exact: true }).click();
    await settled(tab);
  }
  await tab.page.keyboard.press('Control+k');
  await tab.page.keyboard.type('vol', { delay: 40 });
  await tab.page.keyboard.press('Escape');
  await rows(tab).first().getByRole('link').first().click();
  await settled(tab);
  await tab.page.goBack();
  await settled(tab);
  await sleep(reportMs);
  return (await interactionsMs(tab)).slice(before);
}

const slowest = (values: readonly number[]) => Math.max(0, ...values);

const imago = await imagoWithManyImages(process.argv.includes('--full') ? 1_000_000 : undefined);
const browser = await openBrowser();
try {
  const tab = await openList(browser, imago);
  const took: number[] = [];
  for (let round = 0; round < loads; round++) took.push(await coldLoadMs(tab));
  console.log(`cold load to the list: ${spread(took)}; goal ${loadGoalMs} ms; ${load()}`);
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(
    `first page, gzip: ${kilobytes(sentBytes(tab))}; goal ${kilobytes(firstPageMaxBytes)}`,
  );
  const few = await typeAndClick(tab);
  console.log(
    `slowest of the interactions, a page of rows: ${slowest(few)} ms; goal ${paintGoalMs} ms; ${load()}`,
  );
  for (let page = 1; page < 10; page++) {
    await tab.page.getByRole('button', { name: common.more }).click();
    await settled(tab);
  }
  const count = await countOf(tab);
  const many = await typeAndClick(tab);
  console.log(
    `slowest of the interactions, ${count} rows: ${slowest(many)} ms; goal ${paintGoalMs} ms; ${load()}`,
  );
  for (const [words, took] of searchesMs) console.log(`search for ${words}: ${spread(took)}`);
} finally {
  await browser.close();
  await imago.dispose();
}
