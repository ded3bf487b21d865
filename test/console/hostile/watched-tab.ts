/**
 * A tab that tells of whatever a hostile text might bring about: code that runs, dialogs, windows,
 * requests that the console does not make, refusals of the page's policy, elements that no view
 * has, and a layout that is not as wide as the window.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { until } from '../../support/until.ts';
import { becomes, desk, goTo, type Look, openTab, phone, type Tab } from '../browser.ts';

/** Code calls it in each text that should stay text. */
export const alarm = 'owned';

/** Forms of markup and code that this or that sink would take for such. */
const code = `${alarm}()`;
const markup = [
  `"'><img src=x onerror=${code}>`,
  `<svg/onload=${code}>`,
  `</title><script>${code}</script>`,
  `<iframe srcdoc="<script>parent.${code}</script>"></iframe>`,
  `{{${code}}}\${${code}}`,
].join('');

/** Turns what follows the other way round, and is as long as it gets without a place to break. */
const shape = `\u202e\u2066${'W\u0301\u0301\u0301'.repeat(20)}`;

export const hostileText = (limit = 255, text = `${markup}${shape}${'W'.repeat(limit)}`) =>
  text.slice(0, limit);

export const hostileAscii = (limit: number) => hostileText(limit, `${markup}${'W'.repeat(limit)}`);

/** Alone, for whatever makes an address of it. */
export const hostileAddress = `javascript:${code}//`;

export interface WatchedTab extends Tab {
  /** What happened that must not. */
  alarms: string[];
  /** Resolves when what is shown is there, and nothing is being asked for. */
  settled(): Promise<void>;
}

export async function openWatchedTab(
  browser: Browser,
  endpoint: string,
  look: Look = {},
): Promise<WatchedTab> {
  const tab = await openTab(browser, look);
  const { page } = tab;
  const alarms: string[] = [];
  let asking = 0;
  page.context().on('page', () => alarms.push('a window was opened'));
  page.on('dialog', (dialog) => {
    alarms.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', ({ message }) => alarms.push(`an error: ${message}`));
  page.on('request', (request) => {
    asking++;
    const url = request.url();
    const isOwn = url.startsWith(`${endpoint}/`) || /^(data|blob):/.test(url);
    const { pathname } = new URL(url);
    const isKnown = pathname === '/' || pathname.startsWith('/console/') || !isOwn;
    if (!isOwn || !isKnown) alarms.push(`a request to ${url}`);
  });
  const answered = () => {
    asking--;
  };
  page.on('requestfinished', answered);
  page.on('requestfailed', answered);
  await page.exposeFunction(alarm, (what = 'code ran') => void alarms.push(String(what)));
  await page.addInitScript({ path: path.join(import.meta.dirname, 'watch.js') });
  const settled = async () => {
    await until('nothing is asked for', async () => {
      for (let frame = 0; frame < quietFrames; frame++) {
        await page.evaluate('new Promise((frame) => requestAnimationFrame(() => frame()))');
        if (asking > 0 || (await page.locator('.loading').count()) > 0) return false;
      }
      return asking === 0;
    });
  };
  return { ...tab, alarms, settled };
}

/** An address that has changed leads to a view, and a view to a question, a frame or two later. */
const quietFrames = 3;
/** Of a phone, where it has several lines. */
const barMaxPx = 250;

/** Elements and attributes that no view of the console has. */
const foreign = [
  ...['script:not([src^="./assets/"])', 'iframe', 'object', 'embed', 'base', 'math'],
  ...['meta[http-equiv]', 'link:not([rel=icon], [rel=stylesheet], [rel=modulepreload])'],
  ...['img:not([src^="data:image/"], [src^="blob:"], [src="./mark.svg"])'],
  'a[href]:not([href^="#/"])',
  'form[action]',
].join(', ');

/** What is wrong in what is shown now. */
async function faultsOf({ page }: WatchedTab): Promise<string[]> {
  const inPage = (await page.evaluate(`watch.faults(${JSON.stringify(foreign)})`)) as string[];
  const bar = await page.locator('header.bar').boundingBox();
  const isWhole = bar && bar.x === 0 && bar.y <= 0 && bar.height < barMaxPx;
  return isWhole ? inPage : [...inPage, 'has no whole bar'];
}

/** The same at a desk and on a phone; what fits itself to the window does so a moment later. */
async function faultsAtWidths(tab: WatchedTab): Promise<string[]> {
  const faults: string[] = [];
  for (const width of [desk, phone]) {
    await tab.page.setViewportSize({ width, height: 800 });
    let found: string[] = [];
    await becomes(async () => {
      found = await faultsOf(tab);
      return found.length === 0;
    });
    faults.push(...found.map((fault) => `${fault}, ${width} px wide`));
  }
  return faults;
}

/** Goes from link to link until each address was seen; resolves with the texts by address. */
export async function visitAll(
  tab: WatchedTab,
  first: readonly string[],
): Promise<Map<string, string>> {
  const { page, alarms } = tab;
  const known = new Set(first);
  const texts = new Map<string, string>();
  const faults: string[] = [];
  for (const route of known) {
    await goTo(page, route);
    await tab.settled();
    if (await page.evaluate('watch.openDetails()')) await tab.settled();
    const found = [...(await faultsAtWidths(tab)), ...alarms.splice(0)];
    faults.push(...found.map((fault) => `${route} ${fault}`));
    texts.set(route, (await page.locator('main').textContent()) ?? '');
    for (const link of (await page.evaluate('watch.links()')) as string[]) known.add(link);
  }
  assert.deepEqual(faults, []);
  return texts;
}
