/**
 * Answers as a server would give them that somebody has taken over: every member of them is a hostile
 * text. For the tests that visit each view under them.
 */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { ImagoProcess } from '../../support/imago.ts';
import { type ConsoleBrowser, followLink, linkFor } from '../browser.ts';
import { hostileAddress, hostileText, openWatchedTab, visitAll } from './watched-tab.ts';

/** Those that no link of another view leads to. */
export const firstRoutes = (ids: readonly string[]) => [
  ...['#/images', '#/images?tab=mine', `#/instances/launch?image=${ids[0]}`],
  ...['#/images?q=%3Cimg+src%3Dx+onerror%3Downed()%3E', '#/<img src=x onerror=owned()>'],
  ...['#/images/<img src=x onerror=owned()>', '#/instances/"><svg onload=owned()>?tab="><svg>'],
  ...['#/javascript:owned()', '#//example.com/', '#/%E0%A4%A'],
];

/** What is no text: the views could not ask for anything with others. */
const form = /^([a-z]+-[0-9a-f-]+|\d{12}|\d{4}-\d\d-\d\dT.*|[A-Z0-9]{16,32}|[0-9a-f-]{36}|)$/;
export const kept = /(Token|Output|ImageData|UserData|PublicKey|AccessKeyId|^RegionName|Cidr\w*)$/;
export const states = /(State|Status|^Name|^Code|Type|Kind|SeverityLabel)$/;

function hostile(value: unknown, spared: readonly RegExp[], name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => hostile(item, spared, name));
  if (spared.some((each) => each.test(name))) return value;
  if (typeof value === 'string') return form.test(value) ? value : hostileText(300);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, hostile(member, spared, key)]),
  );
}

/** A hostile disk has such files. */
const findings = {
  ImageFindings: ['critical', hostileText()].map((SeverityLabel, index) => ({
    ...{ SeverityLabel, Title: `${index} ${hostileText()}` },
    Paths: [`/home/${hostileText()}`, hostileAddress, '/\u001b]0;owned\u0007\n/x'],
  })),
};

async function makeAnswersHostile(
  page: Page,
  endpoint: string,
  spared: readonly RegExp[],
): Promise<void> {
  await page.route(`${endpoint}/`, async (route) => {
    const response = await route.fetch();
    const action = route.request().headers()['x-amz-target'] ?? '';
    // Whoever signs in needs what is signed with.
    if (/\.(SignIn|GetSessionToken)$/.test(action)) return route.fulfill({ response });
    const answer = action === 'ec2.GetImageFindings' ? findings : await response.json();
    await route.fulfill({ response, json: hostile(answer, spared) });
  });
}

/** Of an Imago in whose account these things are: all views, at both widths. */
export async function visitWithHostileAnswers(
  browser: ConsoleBrowser,
  imago: ImagoProcess,
  ids: readonly string[],
  spared: readonly RegExp[],
): Promise<void> {
  const tab = await openWatchedTab(browser, imago.endpoint);
  await makeAnswersHostile(tab.page, imago.endpoint, spared);
  await followLink(tab.page, await linkFor(imago));
  const [image] = ids;
  const more = [`#/images/${image}?tab=findings`, `#/images/${image}?tab=permissions`];
  const texts = [...(await visitAll(tab, [...firstRoutes(ids), ...more])).values()];
  const { length } = texts.filter((text) => text.includes('onerror=owned()'));
  assert.ok(length > 15, `${length} addresses show hostile texts`);
  await tab.page.context().close();
}
