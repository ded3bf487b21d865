/**
 * What operators, vendors and owners of settings do in the console, held against what the API says
 * afterwards: accounts and their keys, the log, the doctor, tasks; a product; rules of the recycle
 * bin; criteria of allowed images; versions of a launch template and a fleet.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeFleetsCommand,
  DescribeInstancesCommand,
  type EC2Client,
  GetAllowedImagesSettingsCommand,
  GetInstanceMetadataDefaultsCommand,
} from '@aws-sdk/client-ec2';
import type { Page } from 'playwright-core';
import {
  criteriaText,
  guardsText,
  keysText,
  metadataText,
} from '../../console/src/text/account.ts';
import { marketText } from '../../console/src/text/market.ts';
import {
  accountsText,
  doctorText,
  logText,
  serverText,
  tasksText,
} from '../../console/src/text/operator.ts';
import { rulesText } from '../../console/src/text/recycle-bin.ts';
import { fleetsText, templateText } from '../../console/src/text/templates.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  clientOf,
  confirm,
  dialogOf,
  goTo,
  losingAnswersOf,
  openBrowser,
  openSignedIn,
} from './browser.ts';
import { newAccount, ownImage } from './world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
let page: Page;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  ec2 = imago.ec2();
  ({ page } = await openSignedIn(browser, imago));
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

test('an operator renames an account, makes it an operator, and deletes a key of it', async () => {
  const client = clientOf(imago);
  const { id: Account, accessKeyId } = await newAccount(imago, 'before');
  await goTo(page, `#/operator/accounts/${Account}`);
  await button(page, accountsText.change).click();
  await dialogOf(page).getByLabel(accountsText.columns.name).fill('after');
  await dialogOf(page).getByLabel(accountsText.makeOperator, { exact: true }).check();
  await confirm(page, accountsText.save);
  await page.getByRole('heading', { name: /^after/ }).waitFor();
  const told = (await client.imago('DescribeAccount', { Account })).Account;
  assert.deepEqual([told.Name, told.Operator], ['after', true]);
  const row = page.getByRole('row').filter({ hasText: accessKeyId });
  await button(row, keysText.delete).click();
  await confirm(page, keysText.deleteNow);
  await row.waitFor({ state: 'detached' });
  assert.deepEqual((await client.imago('ListAccessKeys', { Account })).AccessKeys, []);
});

test('the log comes live and is searched; the doctor tells of the machine', async () => {
  await goTo(page, '#/operator?tab=log');
  await page.getByText(logText.live, { exact: true }).waitFor();
  await clientOf(imago).imago('ListProviderImages', {});
  await page.getByRole('log').getByText('ListProviderImages').first().waitFor();
  await page.getByLabel(logText.search).fill('no line has this');
  await page.getByText(logText.none).waitFor();
  await goTo(page, '#/operator?tab=doctor');
  await page.getByRole('row').filter({ hasText: 'QEMU' }).first().waitFor();
  await button(page, doctorText.again).waitFor();
});

test('collections of garbage are seen to begin and to end, whoever orders them', async () => {
  await goTo(page, '#/operator?tab=server');
  const collection = page.locator('section', {
    has: page.getByRole('heading', { name: serverText.collection }),
  });
  await button(collection, serverText.report).click();
  await collection.getByText('succeeded').waitFor();
  const client = clientOf(imago);
  const reported = (await client.imago('DescribeCollection', {})).Collection;
  assert.equal(reported?.ReportOnly, true);
  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.headers()['x-amz-target'] ?? ''));
  const times = () => asked.filter((action) => action === 'imago.DescribeCollection').length;
  await until('nobody asks any more about the report', async () => {
    const before = times();
    await sleep(2000);
    return times() === before;
  });
  asked.splice(0);
  // Longer than what is asked for again and again.
  await sleep(3000);
  assert.equal(times(), 0);
  await client.imago('CollectGarbage', {});
  await until('it is asked for', () => times() > 0);
  // That one has succeeded is told of the report already: when this one ended, of no other.
  const collected = async () => (await client.imago('DescribeCollection', {})).Collection;
  await until('it is over', async () => (await collected())?.EndedAt !== undefined);
  const ended = await collected();
  assert.equal(ended?.ReportOnly, false);
  const at = new Date(ended?.EndedAt ?? 0).toISOString();
  await collection.locator(`time[datetime="${at}"]`).waitFor();
  await collection.getByText('succeeded').waitFor();
  await button(collection, serverText.collect).waitFor();
});

test('an image is published under the eyes of its vendor, and subscribed to once its terms are accepted', async () => {
  const ImageId = await ownImage(imago, 'to-be-sold');
  await goTo(page, '#/market');
  await button(page, marketText.publish).click();
  await dialogOf(page).getByLabel(marketText.fields.ImageId).fill(ImageId);
  await dialogOf(page).getByLabel(marketText.fields.Title).fill('A fine image');
  await dialogOf(page).getByLabel(marketText.fields.Terms).fill('No warranty.');
  await confirm(page, marketText.publishNow);
  await page.getByRole('heading', { name: marketText.publishes('A fine image') }).waitFor();
  await page.getByText('succeeded', { exact: true }).waitFor();
  await button(page, marketText.subscribe).click();
  await button(dialogOf(page), marketText.now.subscribe).click();
  await dialogOf(page).getByText(marketText.acceptFirst).waitFor();
  const { Products } = await clientOf(imago).imago('ListProducts', {});
  assert.equal(Products[0]?.Subscribed, false);
  await dialogOf(page).getByLabel(marketText.accept).check();
  await confirm(page, marketText.now.subscribe);
  await page.getByText(marketText.subscribed, { exact: true }).waitFor();
  await goTo(page, '#/operator?tab=tasks&state=succeeded');
  await page
    .getByRole('link', { name: /publish/ })
    .first()
    .click();
  await page.getByText(tasksText.outputs).waitFor();
});

test('a retention rule is made, changed and locked', async () => {
  await goTo(page, '#/recycle-bin?tab=rules');
  await button(page, rulesText.create).click();
  await confirm(page, rulesText.createNow);
  await button(page, rulesText.change).click();
  await dialogOf(page).getByLabel(rulesText.days).fill('9');
  await confirm(page, rulesText.save);
  await page.getByRole('cell', { name: '9', exact: true }).waitFor();
  await button(page, rulesText.lock).click();
  await confirm(page, rulesText.lockNow);
  await page.getByText('locked', { exact: true }).waitFor();
  await button(page, rulesText.unlock).click();
  await page.getByText('pending_unlock', { exact: true }).waitFor();
});

test('criteria of allowed images and defaults of the metadata service are set; what is wrong says the server', async () => {
  await goTo(page, '#/account?tab=guards');
  await button(page, guardsText.allowed.change).click();
  await dialogOf(page).getByLabel(criteriaText.fields.providers).fill('nobody at all');
  await button(dialogOf(page), criteriaText.save).click();
  await dialogOf(page).getByRole('alert').waitFor();
  await dialogOf(page).getByLabel(criteriaText.fields.providers).fill('amazon');
  await dialogOf(page).getByLabel(criteriaText.fields.createdDays).fill('30');
  await confirm(page, criteriaText.save);
  const { ImageCriteria } = await ec2.send(new GetAllowedImagesSettingsCommand({}));
  assert.deepEqual(ImageCriteria?.[0]?.ImageProviders, ['amazon']);
  assert.equal(ImageCriteria?.[0]?.CreationDateCondition?.MaximumDaysSinceCreated, 30);
  await page.getByLabel(metadataText.fields.HttpTokens).selectOption('required');
  const tokens = async () =>
    (await ec2.send(new GetInstanceMetadataDefaultsCommand({}))).AccountLevel?.HttpTokens;
  await until('tokens are required', async () => (await tokens()) === 'required');
});

test('versions of a template are compared, launched and deleted, and a fleet is launched from it', async () => {
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'web',
      LaunchTemplateData: { ImageId, InstanceType: 't3.nano' },
    }),
  );
  const LaunchTemplateId = LaunchTemplate?.LaunchTemplateId ?? '';
  const LaunchTemplateData = { InstanceType: 't3.micro' } as const;
  const version = { LaunchTemplateId, SourceVersion: '1', LaunchTemplateData };
  await ec2.send(new CreateLaunchTemplateVersionCommand(version));
  await goTo(page, `#/templates/${LaunchTemplateId}`);
  await button(page, templateText.compare).first().click();
  await dialogOf(page)
    .getByRole('row')
    .filter({ hasText: 'InstanceType' })
    .getByText('t3.nano')
    .waitFor();
  await page.keyboard.press('Escape');
  // Whose answer is lost is not launched twice.
  const first = page.getByRole('row').filter({ hasText: 't3.nano' });
  await losingAnswersOf('ec2.RunInstances', page, imago, async () => {
    await button(first, templateText.launch).click();
    await page.getByRole('alert').getByText('does not answer').waitFor();
  });
  await button(first, templateText.launch).click();
  await page.waitForURL(/#\/instances\/i-/);
  const ofIt = [{ Name: 'tag:aws:ec2launchtemplate:id', Values: [LaunchTemplateId] }];
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters: ofIt }));
  assert.equal(Reservations?.length, 1);
  await goTo(page, `#/templates/${LaunchTemplateId}`);
  const second = page.getByRole('row').filter({ hasText: 't3.micro' });
  await button(second, templateText.delete).click();
  await confirm(page, templateText.deleteNow);
  await second.waitFor({ state: 'detached' });
  await button(page, fleetsText.create).click();
  await button(dialogOf(page), fleetsText.createNow).click();
  await page.waitForURL(/tab=fleets&id=fleet-/);
  const id = new URL(page.url().replace('#/', '')).searchParams.get('id') ?? '';
  const { Fleets } = await ec2.send(new DescribeFleetsCommand({ FleetIds: [id] }));
  assert.equal(Fleets?.[0]?.FulfilledCapacity, 2);
  await page.getByText(fleetsText.of(2, 2)).waitFor();
});
