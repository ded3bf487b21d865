/**
 * Hostile texts in every view of the console, at a desk and on a phone: first whatever the API lets
 * in, then in every member of every answer, as a server would give them that somebody has taken
 * over. They are shown, and do nothing.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { homeWith } from '../../support/image-home.ts';
import { ImagoProcess } from '../../support/imago.ts';
import { type ConsoleBrowser, followLink, linkFor, openBrowser } from '../browser.ts';
import { fillWithHostileTexts } from './hostile-account.ts';
import { hostileAddress, hostileText, openWatchedTab, visitAll } from './watched-tab.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ids: string[];
before(async () => {
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    regions: ['us-east-1', 'onerror-owned-1'],
  });
  ids = await fillWithHostileTexts(imago);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

/** Those that no link of another view leads to. */
const first = () => [
  ...['#/images', '#/images?tab=mine', `#/instances/launch?image=${ids[0]}`],
  ...['#/images?q=%3Cimg+src%3Dx+onerror%3Downed()%3E', '#/<img src=x onerror=owned()>'],
  ...['#/images/<img src=x onerror=owned()>', '#/instances/"><svg onload=owned()>?tab="><svg>'],
  ...['#/javascript:owned()', '#//example.com/', '#/%E0%A4%A'],
];

test('what the API lets in is text in every view', async () => {
  const tab = await openWatchedTab(browser, imago.endpoint);
  await followLink(tab.page, await linkFor(imago));
  const texts = await visitAll(tab, first());
  assert.ok(texts.size > 30, `${texts.size} addresses`);
  for (const id of ids)
    assert.ok(
      [...texts.keys()].some((route) => route.includes(id)),
      id,
    );
  const seen = [...texts.values()].join();
  // Had it been left out, nothing would have been tested.
  for (const text of ['<img src=x onerror=owned()>', hostileAddress]) {
    assert.ok(seen.includes(text), text);
  }
  await tab.page.context().close();
});

/** What is no text: the views could not ask for anything with others. */
const form = /^([a-z]+-[0-9a-f-]+|\d{12}|\d{4}-\d\d-\d\dT.*|[A-Z0-9]{16,32}|[0-9a-f-]{36}|)$/;
const kept = /(Token|Output|ImageData|UserData|PublicKey|AccessKeyId|^RegionName|Cidr\w*)$/;
const states = /(State|Status|^Name|^Code|Type|Kind|SeverityLabel)$/;

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

async function makeAnswersHostile(page: Page, spared: readonly RegExp[]): Promise<void> {
  await page.route(`${imago.endpoint}/`, async (route) => {
    const response = await route.fetch();
    const action = route.request().headers()['x-amz-target'] ?? '';
    // Whoever signs in needs what is signed with.
    if (/\.(SignIn|GetSessionToken)$/.test(action)) return route.fulfill({ response });
    const answer = action === 'ec2.GetImageFindings' ? findings : await response.json();
    await route.fulfill({ response, json: hostile(answer, spared) });
  });
}

const cases: [name: string, spared: RegExp[]][] = [
  ['but for states', [kept, states]],
  ['states too', [kept]],
];
for (const [name, spared] of cases) {
  test(`every member of every answer, ${name}`, async () => {
    const tab = await openWatchedTab(browser, imago.endpoint);
    await makeAnswersHostile(tab.page, spared);
    await followLink(tab.page, await linkFor(imago));
    const [image] = ids;
    const more = [`#/images/${image}?tab=findings`, `#/images/${image}?tab=permissions`];
    const texts = [...(await visitAll(tab, [...first(), ...more])).values()];
    const { length } = texts.filter((text) => text.includes('onerror=owned()'));
    assert.ok(length > 15, `${length} addresses show hostile texts`);
    await tab.page.context().close();
  });
}
