/**
 * Debian's Chromium for tests of the console: a browser a file, a tab with storage of its own for
 * each story. What a tab complains of (errors, and whatever the page's policy forbids) is kept, as
 * is what it asks the API.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { Client } from '../../cli/client.ts';
import { signInLink } from '../../cli/console-url.ts';
import { signInText } from '../../console/src/text/sign-in.ts';
import type { Credentials, ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

const chromiumPath = '/usr/bin/chromium';
const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Only ends a test that fails anyway. */
const limitMs = 90_000;
/** An answer may lead to the next question: nothing is under way at several looks. */
const quietLooks = 4;
const quietMs = 20;
/** Far above what it takes on a host with other work; only what is wrong waits for it. */
const fittedMs = 15_000;
/** Longer than what is waited for before something is asked. */
const restMs = 1000;

/** What serves a console, and the key of an account there. */
export type Served = Pick<ImagoProcess, 'endpoint' | 'credentials'>;

export interface Look {
  width?: number;
  theme?: 'light' | 'dark';
}

export const desk = 1280;
export const phone = 390;

export type ConsoleBrowser = Browser;

export async function openBrowser(more: readonly string[] = []): Promise<ConsoleBrowser> {
  return chromium.launch({ executablePath: chromiumPath, args: [...quiet, ...more] });
}

export interface Tab {
  page: Page;
  /** Errors on the page's console, the policy's refusals among them. */
  complaints: string[];
  /** Actions that were asked for, such as `ec2.DescribeImages`, in order. */
  asked: string[];
  /** Addresses of everything that was fetched. */
  fetched: string[];
  /** Requests without an answer so far. */
  waiting: number;
}

export async function openTab(
  browser: ConsoleBrowser,
  { width = desk, theme = 'light' }: Look = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(limitMs);
  const tab: Tab = { page, complaints: [], asked: [], fetched: [], waiting: 0 };
  page.on('console', (message) => {
    if (message.type() === 'error') tab.complaints.push(message.text());
  });
  page.on('pageerror', (error) => tab.complaints.push(error.stack ?? error.message));
  page.on('request', (request) => {
    tab.fetched.push(request.url());
    tab.waiting++;
    const target = request.headers()['x-amz-target'];
    if (target) tab.asked.push(target);
  });
  for (const end of ['requestfinished', 'requestfailed'] as const) {
    page.on(end as 'requestfinished', () => {
      tab.waiting--;
    });
  }
  return tab;
}

export const consoleAt = (imago: Served, route = '') => `${imago.endpoint}/console/${route}`;

export async function signInByKey(
  page: Page,
  { accessKeyId, secretAccessKey }: Credentials,
  { keep = false } = {},
): Promise<void> {
  await page.getByLabel(signInText.accessKeyId).fill(accessKeyId);
  await page.getByLabel(signInText.secretAccessKey).fill(secretAccessKey);
  if (keep) await page.getByLabel(signInText.keep).check();
  await page.getByRole('button', { name: signInText.submit }).click();
}

/** And says yes to the account that it is of. */
export async function followLink(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: new RegExp(`^${signInText.accept('')}`) }).click();
  await page.getByRole('navigation').first().waitFor();
}

/** As `bin/imago open` prints it. */
export async function linkFor(
  imago: Served,
  credentials: Credentials = imago.credentials,
  region = 'us-east-1',
): Promise<string> {
  const { Credentials: made } = await clientOf(imago, credentials).imago('CreateSignIn', {});
  return signInLink({ endpoint: imago.endpoint, region }, made);
}

/** For what only Imago's own service does. */
export const clientOf = (imago: Served, credentials: Credentials = imago.credentials) =>
  new Client({ endpoint: imago.endpoint, region: 'us-east-1', ...credentials });

/** Signed in by a link, at an address. */
export async function openSignedIn(
  browser: ConsoleBrowser,
  imago: Served,
  { route = '#/images', credentials, ...look }: SignedIn = {},
): Promise<Tab> {
  const tab = await openTab(browser, look);
  await followLink(tab.page, await linkFor(imago, credentials));
  await goTo(tab.page, route);
  return tab;
}

interface SignedIn extends Look {
  route?: string;
  credentials?: Credentials;
}

/** As by a link of the page: nothing is loaded anew. */
export async function goTo(page: Page, route: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(route)}`);
}

/** What was asked for has come, and is shown. */
export async function settled(tab: Tab): Promise<void> {
  for (let quiet = 0; quiet < quietLooks; quiet = tab.waiting === 0 ? quiet + 1 : 0) {
    await tab.page.evaluate('new Promise((frame) => requestAnimationFrame(() => frame()))');
    await sleep(quietMs);
  }
  await tab.page.locator('main .loading').first().waitFor({ state: 'detached' });
}

/** Whatever was about to be asked for has been. */
export async function atRest(tab: Tab): Promise<void> {
  for (let asked = -1; asked !== tab.asked.length; ) {
    await settled(tab);
    asked = tab.asked.length;
    await sleep(restMs);
  }
}

/** Whether it comes to be so: what fits itself to the window does so a moment later. */
export async function becomes(isSo: () => Promise<boolean>): Promise<boolean> {
  for (const started = Date.now(); !(await isSo()); await sleep(quietMs)) {
    if (Date.now() - started > fittedMs) return false;
  }
  return true;
}

/** What is asked for meanwhile by this action is done, and the page never hears of it. */
export async function losingAnswersOf(
  action: string,
  page: Page,
  imago: Served,
  work: () => Promise<void>,
): Promise<void> {
  const asked = `${imago.endpoint}/`;
  await page.route(asked, async (route) => {
    if (route.request().headers()['x-amz-target'] !== action) return route.fallback();
    await route.fetch();
    await route.abort();
  });
  await work();
  await page.unroute(asked);
}

/** It cannot be used now, and says why; it can where that is empty. */
export const saysWhy = (control: Locator, why: string) =>
  until(`it says “${why}”`, async () => (await control.getAttribute('title')) === why);

export const dialogOf = (page: Page) => page.getByRole('dialog');

export const button = (where: Page | Locator, name: string) =>
  where.getByRole('button', { name, exact: true });

/** What a dialog's button says is done when it has closed. */
export async function confirm(page: Page, name: string): Promise<void> {
  await button(dialogOf(page), name).click();
  await dialogOf(page).waitFor({ state: 'detached' });
}
