/** Drills in the console: begun from an image, with checks as they are typed; what came of each is seen. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import jpeg from 'jpeg-js';
import { backupsText, sourceText, wayBackText } from '../../console/src/text/backups.ts';
import {
  checksFieldText,
  checksListText,
  drillDialogText,
  drillsOfText,
  drillsText,
  drillText,
  sourceChecksText,
} from '../../console/src/text/drills.ts';
import { actionsText } from '../../console/src/text/image.ts';
import { drillScreenFile, Home } from '../../server/foundations/home.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, captured, launch, providerImage, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  clientOf,
  confirm,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
  phone,
  saysWhy,
} from './browser.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ami: string;
/** Of the drill that fails; the command that the operator has given too never succeeds. */
const posted = Promise.withResolvers<Buffer>();
const hook = createServer(async (request, response) => {
  posted.resolve(await buffer(request));
  response.end();
});
const programs = mkdtempSync(path.join(tmpdir(), 'imago-programs-'));
const letter = path.join(programs, 'letter');
/** Else it is sent by that, and cannot be looked at here. */
const hasSendmail = ['/usr/sbin/sendmail', '/usr/lib/sendmail'].some((file) => existsSync(file));
before(async () => {
  const home = await homeWith('micro');
  await once(hook.listen(0, '127.0.0.1'), 'listening');
  const { port } = hook.address() as AddressInfo;
  const sendmail = `#!/bin/sh\n{ echo "$@"; cat; } > ${letter}.part && mv ${letter}.part ${letter}\n`;
  writeFileSync(path.join(programs, 'sendmail'), sendmail, { mode: 0o755 });
  const flags = [
    ...['--alert-command', '["/bin/false"]', '--alert-url', `http://127.0.0.1:${port}/hook`],
    ...(hasSendmail ? [] : ['--alert-mail', 'operator@mail.invalid']),
  ];
  const environment = { PATH: `${programs}:${process.env.PATH}` };
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home, flags, environment });
  browser = await openBrowser();
  ami = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
  hook.close();
  rmSync(programs, { recursive: true });
});

test('a mistake is told by its line; a drill passes, another fails, and both are in the trend', async () => {
  const { page, complaints } = await openSignedIn(browser, imago, { route: `#/images/${ami}` });
  await button(page, actionsText.drills).click();
  await page.getByText(drillsOfText.empty).waitFor();
  await button(page, drillsOfText.begin).click();
  const checks = dialogOf(page).getByLabel(checksFieldText.label);
  await checks.fill('checks:\n  - comand: df /\n');
  await button(dialogOf(page), drillDialogText.begin).click();
  await dialogOf(page).getByText("Line 2: there is no 'comand'").waitFor();
  await checks.fill('checks:\n  - name: room\n    command: df /\n  - port: 22\n');
  const command = await dialogOf(page).locator('.as-code pre').textContent();
  assert.match(command ?? '', /name: room[\s\S]*\nbin\/imago drill ami-\w+ --checks drill\.yaml$/);
  await button(dialogOf(page), drillDialogText.begin).click();

  await page.getByRole('heading', { name: drillText.title(ami) }).waitFor();
  await page.getByRole('heading', { name: drillsText.states.passed }).waitFor();
  await page.getByText(drillText.done(2, 2)).waitFor();
  assert.equal(await page.getByText(drillText.passed).count(), 2);
  assert.equal(await page.getByText(drillText.evidence).count(), 0);

  await button(page, drillText.again).click();
  await dialogOf(page)
    .getByLabel(checksFieldText.label)
    .fill('checks:\n  - command: hostname\n    equals: web-1\n');
  await button(dialogOf(page), drillDialogText.begin).click();
  await page.getByRole('heading', { name: drillsText.states.failed }).waitFor();
  await page.locator('.found').getByText('its output is ""').waitFor();
  await page.getByText(drillText.console).waitFor();
  await page.getByText(drillText.facts.untold).waitFor();
  const alert = JSON.parse(String(await posted.promise));
  assert.deepEqual([alert.kind, alert.imageId], ['drill', ami]);
  if (!hasSendmail) {
    await until('a letter is sent', async () => existsSync(letter));
    assert.match(
      readFileSync(letter, 'utf8'),
      new RegExp(`^-i -- operator@mail.invalid\n[\\s\\S]*${ami}`),
    );
  }

  await goTo(page, `#/drills/${ami}`);
  const trend = page.getByRole('img', { name: drillsOfText.trend });
  await trend.locator('g.failed .cross').waitFor();
  assert.equal(await trend.locator('g').count(), 2);
  // All that its colours say is there in words, with the figures.
  const reached = /running after [\d.]+ s, ready after [\d.]+ s, .*all checked after [\d.]+ s/;
  const told = (await trend.getAttribute('aria-label')) ?? '';
  const [passed = '', failed = ''] = told.split(drillsText.states.passed)[1]?.split('. ') ?? [];
  assert.match(passed, reached);
  assert.match(failed, reached);
  assert.ok(failed.includes(drillsText.states.failed), told);
  assert.deepEqual(
    await trend
      .locator('g.failed rect')
      .evaluateAll((parts) => parts.map((part) => part.getAttribute('class'))),
    ['to-running', 'to-ready', 'to-checked', 'foot'],
  );
  await goTo(page, '#/drills');
  const row = page.getByRole('row', { name: ami });
  await row.locator('.mark', { hasText: drillsText.states.failed }).waitFor();
  // On a telephone, where a row is a card, what each figure is stands before it.
  await page.setViewportSize({ width: phone, height: 800 });
  const places = await row
    .locator('td')
    .evaluateAll((cells) =>
      cells.map((cell) => Reflect.get(globalThis, 'getComputedStyle')(cell).paddingLeft),
    );
  assert.equal(new Set(places).size, 1, places.join(', '));
  assert.deepEqual(complaints, []);
});

/** What a real machine's screen leaves: a simulated one has none. */
test('of one that failed the screen that was kept is shown beside its console', async () => {
  const client = clientOf(imago);
  const Checks = [{ Command: 'hostname', Equals: 'web-1' }];
  const { DrillId } = await client.imago('StartDrill', { ImageId: ami, Checks });
  await until('the drill has failed', async () => {
    const { Drills } = await client.imago('DescribeDrills', { DrillIds: [DrillId] });
    return Drills[0]?.State === 'failed';
  });
  const [width, height] = [720, 400];
  const data = Buffer.alloc(width * height * 4, 0x40);
  const screen = jpeg.encode({ data, width, height }, 80).data;
  writeFileSync(path.join(new Home(imago.home).drillFolder(DrillId), drillScreenFile), screen);
  const { page, complaints } = await openSignedIn(browser, imago, { route: `#/drills/${DrillId}` });
  const shown = page.getByRole('img', { name: drillText.screenAlt(DrillId) });
  const sizes = ['naturalWidth', 'naturalHeight'] as const;
  await until('the picture is there', async () => {
    const found = await shown.evaluate(
      (picture, names) => names.map((name) => Number(Reflect.get(picture, name))),
      sizes,
    );
    return found[0] === width && found[1] === height;
  });
  const said = await page.locator('.evidence pre').textContent();
  assert.match(said ?? '', /is a simulated machine/);
  assert.deepEqual(complaints, []);
});

test('one that waits is stopped, and says so', async () => {
  const { page } = await openSignedIn(browser, imago, { route: `#/drills/${ami}` });
  await button(page, drillsOfText.begin).click();
  await dialogOf(page).getByLabel(checksFieldText.label).fill('console: never said\n');
  await button(dialogOf(page), drillDialogText.begin).click();
  await button(page, drillText.stop).click();
  await page.getByRole('heading', { name: drillsText.states.stopped }).waitFor();
});

test('what is said of a machine its drills look at; its trend has those of all its backups', async () => {
  const ec2 = imago.ec2();
  const [machine] = await launch(ec2, ami, await access(imago));
  const source = machine?.InstanceId ?? '';
  await waitForState(ec2, source, 'running');
  const { page } = await openSignedIn(browser, imago, { route: `#/backups/${source}` });
  await page.getByRole('link', { name: sourceText.drills, exact: true }).click();
  await page.getByText(drillsOfText.emptySource).waitFor();
  await saysWhy(button(page, drillsOfText.beginNewest), drillsOfText.noneWhole);

  await button(page, sourceChecksText.say).click();
  const checks = dialogOf(page).getByLabel(checksFieldText.label);
  await button(dialogOf(page), sourceChecksText.save).click();
  const refusal = dialogOf(page).getByText('Say what drills look at');
  await refusal.waitFor();
  await checks.fill('checks:\n  - comand: df /\n');
  await refusal.waitFor({ state: 'detached' });
  await button(dialogOf(page), sourceChecksText.save).click();
  await dialogOf(page).getByText("Line 2: there is no 'comand'").waitFor();
  await checks.fill('checks:\n  - name: room\n    command: df /\n');
  await confirm(page, sourceChecksText.save);
  await page.locator('section pre').getByText('name: room').waitFor();
  await button(page, sourceChecksText.edit).click();
  assert.equal(await checks.inputValue(), 'checks:\n  - name: room\n    command: df /');
  await checks.fill('checks:\n  - name: space\n    command: df /\n  - port: 22\n');
  await confirm(page, sourceChecksText.save);
  await page.locator('section pre').getByText('name: space').waitFor();
  const client = clientOf(imago);
  const { DrillChecks: said } = await client.imago('DescribeDrillChecks', {});
  assert.deepEqual(
    said.map(({ SourceId, Checks }) => [SourceId, Checks]),
    [[source, [{ Name: 'space', Command: 'df /' }, { Port: 22 }]]],
  );

  const { ImageId: first } = await captured(ec2, source, 'the first');
  await button(page, drillsOfText.beginNewest).and(page.locator(':not([aria-disabled])')).click();
  await button(dialogOf(page), drillDialogText.begin).click();
  await page.getByRole('heading', { name: drillText.title(first) }).waitFor();
  await page.getByText(drillText.done(2, 2)).waitFor();
  const { ImageId: second } = await captured(ec2, source, 'the second');
  // On the worst day: the newest that there is, and the newest that is known to come back.
  await goTo(page, '#/backups');
  await page.getByRole('link', { name: source }).click();
  const way = (name: string) =>
    page.locator('dt').getByText(name, { exact: true }).locator('xpath=following-sibling::dd[1]');
  await way(wayBackText.newest).getByRole('link', { name: second, exact: true }).waitFor();
  await way(wayBackText.newest).getByText(wayBackText.notDrilled).waitFor();
  await way(wayBackText.proven).getByText(wayBackText.took('')).waitFor();
  await way(wayBackText.proven)
    .getByRole('link', { name: wayBackText.restoreOf(first) })
    .click();
  await page.waitForURL(new RegExp(`#/backups/restore\\?backup=${first}`));
  await goTo(page, '#/backups');
  await page.getByRole('link', { name: backupsText.restore, exact: true }).click();
  await page.waitForURL(new RegExp(`#/backups/restore\\?source=${source}`));
  await client.imago('StartDrill', { ImageId: second });
  await goTo(page, `#/drills/${source}`);
  await page.locator('svg.trend g.passed').nth(1).waitFor();
  for (const id of [first, second]) await page.getByRole('link', { name: id }).waitFor();

  await button(page, sourceChecksText.delete).click();
  await confirm(page, sourceChecksText.deleteNow);
  await page.getByText(sourceChecksText.none).waitFor();
  await goTo(page, '#/drills');
  const row = page.getByRole('row', { name: source });
  await row.getByRole('link', { name: second }).waitFor();
  assert.equal(await row.locator('svg.trend g').count(), 2);
  await page.getByRole('link', { name: drillsText.tabs.checks, exact: true }).click();
  await page.getByText(checksListText.empty).waitFor();
  await client.imago('PutDrillChecks', { SourceId: source, Compare: ['/etc/passwd'] });
  await page.getByRole('row', { name: source }).getByRole('link').click();
  await page.locator('section pre').getByText('- /etc/passwd').waitFor();
});
