/**
 * Hostile texts in every view of the console, at a desk and on a phone: first whatever the API lets
 * in, then in every member of every answer, as a server would give them that somebody has taken
 * over, but for states (texts.soak.ts has those too). They are shown, and do nothing.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { homeWith } from '../../support/image-home.ts';
import { ImagoProcess } from '../../support/imago.ts';
import { type ConsoleBrowser, followLink, linkFor, openBrowser } from '../browser.ts';
import { fillWithHostileTexts } from './hostile-account.ts';
import { firstRoutes, kept, states, visitWithHostileAnswers } from './hostile-answers.ts';
import { hostileAddress, openWatchedTab, visitAll } from './watched-tab.ts';

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

test('what the API lets in is text in every view', async () => {
  const tab = await openWatchedTab(browser, imago.endpoint);
  await followLink(tab.page, await linkFor(imago));
  const texts = await visitAll(tab, firstRoutes(ids));
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

test('every member of every answer, but for states', async () => {
  await visitWithHostileAnswers(browser, imago, ids, [kept, states]);
});
