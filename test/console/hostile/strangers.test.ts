/**
 * What pages of others get of an Imago whose console is open and signed in beside them, in the same
 * browser: nothing. And the console on another web server, which was named.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeKeyPairsCommand } from '@aws-sdk/client-ec2';
import type { BrowserContext, Page } from 'playwright-core';
import { imagesText } from '../../../console/src/text/images.ts';
import { shell } from '../../../console/src/text/shell.ts';
import { signInText } from '../../../console/src/text/sign-in.ts';
import { ImagoProcess, repository } from '../../support/imago.ts';
import { until } from '../../support/until.ts';
import {
  type ConsoleBrowser,
  clientOf,
  consoleAt,
  followLink,
  goTo,
  linkFor,
  openBrowser,
  openSignedIn,
  openTab,
  signInByKey,
} from '../browser.ts';
import { newAccount } from '../world.ts';
import { siteWithFiles, siteWithPage, type WebSite } from './web-site.ts';

const rebound = 'rebound.example';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let stranger: WebSite;
let elsewhere: WebSite;
before(async () => {
  stranger = await siteWithPage('<!doctype html><title>Stranger</title><body>');
  elsewhere = await siteWithFiles(path.join(repository, 'console/dist'));
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    flags: ['--console-origin', elsewhere.origin],
  });
  browser = await openBrowser([`--host-resolver-rules=MAP ${rebound} 127.0.0.1`]);
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
  await stranger?.[Symbol.asyncDispose]();
  await elsewhere?.[Symbol.asyncDispose]();
});

/** The stranger's page, in a browser in which somebody has signed in to the console. */
async function visit(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(stranger.origin);
  await page.addScriptTag({ path: path.join(import.meta.dirname, 'stranger.js') });
  return page;
}

async function signedIn() {
  const tab = await openSignedIn(browser, imago, { route: '#/images' });
  await tab.page.getByRole('heading', { level: 1, name: imagesText.title }).waitFor();
  return tab;
}

/** Run in a page: whether it may open a WebSocket. */
const connects = `(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('refused');
})`;

const requests = () => imago.log.split('\n').filter((line) => line.includes('"message":"request"'));

test('forms and requests of another page do nothing, and it reads nothing', async () => {
  const { page } = await signedIn();
  const visited = await visit(page.context());
  await goTo(page, '#/account');
  await until('the console asks for nothing', async () => {
    const { length } = requests();
    await sleep(300);
    return requests().length === length;
  });
  const before = requests().length;
  const told = await visited.evaluate(`forge(${JSON.stringify(imago.endpoint)})`);
  assert.deepEqual(told, []);
  // The log is told a moment later than the page.
  await until('its requests have come', () => requests().length - before >= 6);
  const answers = requests()
    .slice(before)
    .map((line) => JSON.parse(line) as { status: number });
  for (const answer of answers) assert.ok(answer.status >= 400, JSON.stringify(answer));
  const { KeyPairs } = await imago.ec2().send(new DescribeKeyPairsCommand({}));
  assert.deepEqual(KeyPairs, []);
  await page.context().close();
});

test('another page opens no WebSocket, be its URL signed by the account itself', async () => {
  const { page } = await signedIn();
  const visited = await visit(page.context());
  const open = async (from: Page) => {
    const url = await clientOf(imago).presignedUrl('imago', '/imago/changes');
    url.protocol = 'ws:';
    return from.evaluate(`(${connects})(${JSON.stringify(url.href)})`);
  };
  assert.equal(await open(visited), 'refused');
  assert.equal(await open(page), 'open', 'the console itself may');
  await page.context().close();
});

test('another page frames, embeds and steers nothing of it', async () => {
  const { page } = await signedIn();
  const visited = await visit(page.context());
  const told = await visited.evaluate(`embed(${JSON.stringify(consoleAt(imago))})`);
  assert.deepEqual(told, { mark: 'refused', steers: false });
  const frames = visited.frames().filter((frame) => frame !== visited.mainFrame());
  assert.equal(frames.length, 1);
  for (const frame of frames) {
    assert.ok(!frame.url().startsWith(imago.endpoint), frame.url());
    assert.equal(await frame.locator('#app').count(), 0);
  }
  await page.context().close();
});

test('a link of the stranger’s own account signs nobody in to it who does not say so', async () => {
  const mallory = await newAccount(imago, 'mallory');
  const ofMallory = async () => (await clientOf(imago, mallory).imago('ListSessions', {})).Sessions;
  const offer = signInText.linkOf(mallory.name, mallory.id);
  // Whether or not somebody is signed in here, the page leads the tab there.
  for (const { page } of [await signedIn(), await openTab(browser)]) {
    const wasIn = (await page.getByRole('navigation').count()) > 0;
    await page.goto(stranger.origin);
    await page.evaluate(`location.href = ${JSON.stringify(await linkFor(imago, mallory))}`);
    await page.getByText(offer, { exact: true }).waitFor();
    const { Name, AccountId } = (await clientOf(imago).imago('DescribeAccount', {})).Account;
    const asWhom = page.getByText(signInText.signedInAs(Name, AccountId), { exact: true });
    assert.equal(await asWhom.count(), wasIn ? 1 : 0);
    // Nothing of it is kept, and a key that one presses by chance does not say yes.
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    const kept = String(await page.evaluate('JSON.stringify({ ...sessionStorage })'));
    assert.ok(!kept.includes(mallory.id));
    await page.getByRole('button', { name: signInText.decline, exact: true }).click();
    if (wasIn) await page.getByLabel(shell.accountNamed(Name), { exact: true }).waitFor();
    else await page.getByLabel(signInText.accessKeyId).waitFor();
    await until('its session is ended', async () => (await ofMallory()).length === 0);
    await page.context().close();
  }
});

test('a name that somebody leads to this host gets no console', async () => {
  const { page } = await openTab(browser);
  const answer = await page.goto(`http://${rebound}:${new URL(imago.endpoint).port}/console/`);
  assert.equal(answer?.status(), 421);
  assert.equal(await page.locator('script').count(), 0);
  await page.context().close();
});

test('no URL holds a secret, no page tells where one came from, and nothing stays', async () => {
  const { page, fetched } = await openTab(browser);
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  const link = await linkFor(imago);
  const secrets = ['secret', 'token'].map(
    (name) => new URLSearchParams(link.split('?')[1]).get(name) ?? '',
  );
  await page.goto(`${stranger.origin}/from`);
  await followLink(page, link);
  await page.getByRole('heading', { level: 1, name: imagesText.title }).waitFor();
  await page.locator('.live:not(.off)').waitFor();
  assert.equal(await page.evaluate('document.referrer'), '');
  const kept = JSON.stringify(await page.evaluate('({ ...sessionStorage })'));
  const [, secret = ''] = /secretAccessKey\W+([^"\\]+)/.exec(kept) ?? [];
  assert.ok(secret.length > 20, 'a session that a link began ends with the tab');
  assert.ok(!kept.includes(imago.credentials.secretAccessKey));
  for (const each of [...secrets, secret, imago.credentials.secretAccessKey]) {
    for (const url of [...fetched, ...sockets]) {
      assert.ok(!url.split('#')[0]?.includes(encodeURIComponent(each)), url);
    }
  }
  assert.ok(sockets.length > 0);
  for (const url of sockets) {
    const seconds = Number(new URL(url).searchParams.get('X-Amz-Expires'));
    assert.ok(seconds > 0 && seconds <= 60, `good for ${seconds} s`);
  }
  assert.equal(await page.evaluate('document.cookie'), '');
  assert.deepEqual(await page.evaluate('Object.keys(localStorage)'), ['imago.theme']);

  await goTo(page, '#/account');
  await page.getByText(imago.credentials.accessKeyId).first().waitFor();
  await page.locator('.bar summary').click();
  await page.getByRole('button', { name: shell.signOut }).click();
  await page.getByLabel(signInText.accessKeyId).waitFor();
  assert.equal(await page.evaluate('sessionStorage.length'), 0);
  for (const step of ['where it is', 'a step back', 'back from another page']) {
    const text = await page.content();
    assert.ok(!text.includes(imago.credentials.accessKeyId), step);
    await page.getByLabel(signInText.accessKeyId).waitFor();
    if (step === 'where it is') await page.evaluate('history.back()');
    else {
      await page.goto(stranger.origin);
      await page.goBack();
    }
  }
  await page.context().close();
});

test('on a web server that was named the console is the same; on another it reaches nothing', async () => {
  const tab = await openTab(browser);
  const { page } = tab;
  const signInAt = async (site: string) => {
    await page.goto(`${site}/#/images`);
    await page.getByText(signInText.another).click();
    await page.getByLabel(signInText.endpoint).fill(imago.endpoint);
    await signInByKey(page, imago.credentials);
  };
  await signInAt(elsewhere.origin);
  await page.getByRole('heading', { level: 1, name: imagesText.title }).waitFor();
  await page.locator('.live:not(.off)').waitFor();
  assert.deepEqual(tab.complaints, []);

  await using unnamed = await siteWithFiles(path.join(repository, 'console/dist'));
  await signInAt(unnamed.origin);
  await page.getByRole('alert').getByText('Unreachable').waitFor();
  await page.context().close();
});
