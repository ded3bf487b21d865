/**
 * The list of images where there are 10,000, as a person has it: how long it takes until it is
 * there and until something is seen of what one does. For its test and its bench.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fillCatalog } from '../../bench/catalog-of-images.ts';
import { imagesText } from '../../console/src/text/images.ts';
import { Home } from '../../server/foundations/home.ts';
import { ImagoProcess, newHome, repository } from '../support/imago.ts';
import { until } from '../support/until.ts';
import { type ConsoleBrowser, openSignedIn, settled, type Tab } from './browser.ts';

/** As it is sent, compressed. */
export const firstPageMaxBytes = 45_000;

export async function imagoWithManyImages(count?: number): Promise<ImagoProcess> {
  const home = newHome();
  await fillCatalog(new Home(home), count);
  return ImagoProcess.start({ hypervisor: 'simulated', home });
}

/** Notes when the first row is painted, and how long each interaction takes to its next paint. */
const watcher = `
  window.interactions = {};
  const shown = () => {
    if (window.listShownMs || !document.querySelector('table.list tbody tr')) return;
    requestAnimationFrame(() => setTimeout(() => { window.listShownMs ??= performance.now(); }));
  };
  new MutationObserver(shown).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    for (const { interactionId: id, duration } of list.getEntries()) {
      if (id) window.interactions[id] = Math.max(window.interactions[id] ?? 0, duration);
    }
  }).observe({ type: 'event', durationThreshold: 16 });
`;

export const ownImages = '#/images?tab=mine';

/** Signed in at the list of one's own images. */
export async function openList(browser: ConsoleBrowser, imago: ImagoProcess): Promise<Tab> {
  const tab = await openSignedIn(browser, imago, { route: ownImages });
  await tab.page.addInitScript(watcher);
  await tab.page.locator('.list tbody tr').first().waitFor();
  return tab;
}

/** From nothing in the browser's cache to the first rows on the screen. */
export async function coldLoadMs(tab: Tab): Promise<number> {
  const devtools = await tab.page.context().newCDPSession(tab.page);
  await devtools.send('Network.clearBrowserCache');
  tab.fetched.splice(0);
  tab.asked.splice(0);
  await tab.page.reload();
  await until('a list is shown', async () => !!(await tab.page.evaluate('window.listShownMs')));
  await devtools.detach();
  await settled(tab);
  return Number(await tab.page.evaluate('window.listShownMs'));
}

/** Of what was fetched of the console's files, compressed as they are sent. */
export function sentBytes({ fetched }: Tab): number {
  return [...new Set(fetched)]
    .flatMap((url) => /\/console\/([^?#]*)/.exec(url)?.slice(1) ?? [])
    .map((name) => path.join(repository, 'console/dist', name || 'index.html'))
    .reduce((sum, file) => sum + sizeAsSent(file), 0);
}

function sizeAsSent(file: string): number {
  try {
    return statSync(`${file}.gz`).size;
  } catch {
    return readFileSync(file).length;
  }
}

/** Those that are in the page: far from the window there are gaps in their place. */
export const rows = ({ page }: Tab) => page.locator('.list tbody tr[aria-rowindex]');
/** Of all that the list has by now. */
export const countOf = async ({ page }: Tab) => {
  const list = page.locator('.list');
  return (await list.count()) === 0 ? 0 : Number(await list.getAttribute('aria-rowcount')) - 1;
};
export const hasRows = (tab: Tab, count: number) =>
  until(`${count} rows`, async () => (await countOf(tab)) === count);
export const search = ({ page }: Tab) => page.getByRole('searchbox', { name: imagesText.search });

/** Milliseconds of each interaction so far that took longer than a frame. */
export async function interactionsMs({ page }: Tab): Promise<number[]> {
  return (await page.evaluate('Object.values(window.interactions)')) as number[];
}
