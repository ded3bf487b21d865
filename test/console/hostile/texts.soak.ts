/**
 * Hostile texts in every view of the console, in every member of every answer, states too: views show
 * less of what they do not know, so texts.test.ts, which spares states, sees more of them.
 */
import { after, before, test } from 'node:test';
import { homeWith } from '../../support/image-home.ts';
import { ImagoProcess } from '../../support/imago.ts';
import { type ConsoleBrowser, openBrowser } from '../browser.ts';
import { fillWithHostileTexts } from './hostile-account.ts';
import { kept, visitWithHostileAnswers } from './hostile-answers.ts';

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

test('every member of every answer, states too', async () => {
  await visitWithHostileAnswers(browser, imago, ids, [kept]);
});
