/**
 * Every view with each of its tabs, as wide as a desk's screen and as a telephone's, light and
 * dark: nothing to scroll sideways, nothing that axe objects to by WCAG 2 A and AA, no error and
 * nothing that the page's policy had to refuse.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { pathOfId } from '../../console/src/shell/places.ts';
import { shell } from '../../console/src/text/shell.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  becomes,
  type ConsoleBrowser,
  desk,
  goTo,
  openBrowser,
  openSignedIn,
  openTab,
  phone,
  settled,
  type Tab,
} from './browser.ts';
import { fillEveryView } from './full-world.ts';

const looks = [
  { width: desk, theme: 'light', rules: 'all' },
  { width: desk, theme: 'dark', rules: 'contrast' },
  { width: phone, theme: 'dark', rules: 'all' },
  { width: phone, theme: 'light', rules: 'contrast' },
] as const;

/** What of axe a theme alone can break, where the rest was seen at the same width. */
const rulesOf = {
  all: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  contrast: ['color-contrast'],
};

/** Simulated machines have neither a serial line nor a screen: that is told in the view. */
const refusals = /\/(console|screen)\?.* 400$|status of 400 |^Failed when connecting: /;

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let routes: string[];
let tab: Tab;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  routes = await fillEveryView(imago);
  tab = await openSignedIn(browser, imago);
  await tab.page.evaluate(axe.source);
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

/** What is wrong, and where it is so. */
type Faults = Map<string, string[]>;

function add(faults: Faults, fault: string, where: string): void {
  faults.set(fault, [...(faults.get(fault) ?? []), where]);
}

/** All that is well would be described and sent here, too, and be most of the work. */
async function violationsOf(page: Page, rules: string[]): Promise<axe.Result[]> {
  const options = JSON.stringify({ runOnly: rules, resultTypes: ['violations'] });
  return page.evaluate(`axe.run(document, ${options}).then(({ violations }) => violations)`);
}

async function lookAt(page: Page, route: string, faults: Faults): Promise<void> {
  for (const { width, theme, rules } of looks) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: theme });
    const where = `${route} at ${width} px, ${theme}`;
    const fits = async () =>
      Number(await page.evaluate('document.documentElement.scrollWidth')) <= width;
    if (!(await becomes(fits))) add(faults, 'wider than the screen', where);
    for (const { id, nodes } of await violationsOf(page, rulesOf[rules])) {
      const [node] = nodes;
      add(faults, `${id}: ${node?.html} ${node?.failureSummary}`, where);
    }
  }
}

describe('every view', () => {
  test('has an address here', () => {
    const seen = new Set(routes.map((route) => route.split('/')[1]));
    assert.deepEqual([...seen].sort(), Object.keys(shell.views).sort());
    for (const prefix of ['ami', 'i', 'vol', 'snap', 'lt', 'sg']) {
      const place = pathOfId(`${prefix}-1`)?.[0];
      assert.ok(
        routes.some((route) => route.startsWith(`#/${place}/${prefix}-`)),
        prefix,
      );
    }
  });

  test('fits, is heard and read by all, and breaks no rule of the page', async () => {
    const faults: Faults = new Map();
    const left = [...routes];
    const seen = new Set<string>();
    for (let route = left.shift(); route; route = left.shift()) {
      if (seen.has(route)) continue;
      seen.add(route);
      await tab.page.setViewportSize({ width: desk, height: 800 });
      await goTo(tab.page, route);
      await settled(tab);
      await lookAt(tab.page, route, faults);
      for (const complaint of tab.complaints.splice(0)) {
        if (!refusals.test(complaint)) add(faults, complaint, route);
      }
      const tabs = await tab.page
        .locator('.tabs a')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
      left.push(...tabs.filter((each) => !seen.has(each)));
    }
    assert.deepEqual(Object.fromEntries(faults), {});
  });
});

test('the page of signing in is for all, too', async () => {
  const { page } = await openTab(browser);
  await page.goto(`${imago.endpoint}/console/`);
  await page.evaluate(axe.source);
  await page.getByRole('button').first().waitFor();
  const faults: Faults = new Map();
  await lookAt(page, '#/sign-in', faults);
  assert.deepEqual(Object.fromEntries(faults), {});
});
