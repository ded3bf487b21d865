/**
 * A day with the console in short: all views opened again and again while others change things.
 * What it keeps (the heap after a collection, elements, listeners) stays what it is, and no
 * connection is left behind.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateTagsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { CDPSession, Page } from 'playwright-core';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';
import { type ConsoleBrowser, goTo, openBrowser, openSignedIn, settled } from './browser.ts';
import { fillEveryView } from './full-world.ts';

const minutes = Number(process.env.IMAGO_SOAK_MINUTES ?? 2);
/** Until each view was loaded and each answer was kept once, there is more of everything. */
const warmUpRounds = 3;
const quietRoute = '#/images?tab=community';
/** What collections and caches of the browser's own leave to chance. */
const slack = { heapBytes: 3_000_000, nodes: 500, listeners: 100 };

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
let routes: string[];
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  ec2 = imago.ec2();
  routes = await fillEveryView(imago);
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

async function keptBy(devtools: CDPSession) {
  for (let time = 0; time < 3; time++) await devtools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const value = (name: string) => metrics.find((each) => each.name === name)?.value ?? 0;
  return {
    heapBytes: value('JSHeapUsedSize'),
    nodes: value('Nodes'),
    listeners: value('JSEventListeners'),
  };
}

function openSockets(page: Page): () => number {
  let open = 0;
  page.on('websocket', (socket) => {
    open++;
    socket.on('close', () => {
      open--;
    });
  });
  return () => open;
}

test('a console that is used for long keeps no more than one that is not', async () => {
  const tab = await openSignedIn(browser, imago, { route: quietRoute });
  const { page } = tab;
  const sockets = openSockets(page);
  await page.reload();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const instance = /\/(i-[0-9a-f]{17})/.exec(routes.join())?.[1] ?? '';
  const places = [
    ...routes,
    ...['console', 'screen', 'details'].map((part) => `#/instances/${instance}?tab=${part}`),
    quietRoute,
  ];
  let opened = 0;
  const round = async () => {
    for (const place of places) {
      const Tags = [{ Key: 'Name', Value: `seen-${opened++}` }];
      await ec2.send(new CreateTagsCommand({ Resources: [instance], Tags }));
      await goTo(page, place);
      await settled(tab);
    }
  };
  for (let count = 0; count < warmUpRounds; count++) await round();
  const before = await keptBy(devtools);
  const end = Date.now() + minutes * 60_000;
  do await round();
  while (Date.now() < end);
  const afterwards = await keptBy(devtools);
  console.log(`soak: ${opened} views opened, ${JSON.stringify({ before, afterwards })}`);
  for (const name of ['heapBytes', 'nodes', 'listeners'] as const) {
    const grown = afterwards[name] - before[name];
    assert.ok(grown <= slack[name], `${name}: ${grown} more`);
  }
  // The stream of changes alone.
  await until('only the stream is open', () => sockets() === 1);
});
