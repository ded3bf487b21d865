/**
 * Restore testing plans in the browser, against a real server with simulated machines: one is made
 * with a selection, refused at its fields, and changed; when its time has come its tests are there
 * with their verdicts, and lead to their drills; it is deleted with its selections.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  BackupClient,
  CreateBackupVaultCommand,
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
  DescribeBackupJobCommand,
  GetRestoreTestingPlanCommand,
  GetRestoreTestingSelectionCommand,
  StartBackupJobCommand,
} from '@aws-sdk/client-backup';
import type { Page } from 'playwright-core';
import { drillText } from '../../console/src/text/drills.ts';
import { policyText } from '../../console/src/text/policies.ts';
import {
  selectionsText,
  selectionText,
  testingPlansText,
  testingPlanText,
  testsText,
} from '../../console/src/text/restore-testing.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  button,
  type ConsoleBrowser,
  confirm,
  goTo,
  openBrowser,
  openSignedIn,
} from './browser.ts';

const region = 'us-east-1';
const IamRoleArn = 'arn:aws:iam::123456789012:role/backup';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

async function asked<T>(work: (backup: BackupClient) => Promise<T>): Promise<T> {
  const { endpoint, credentials } = imago;
  const backup = new BackupClient({ endpoint, credentials, region });
  try {
    return await work(backup);
  } finally {
    backup.destroy();
  }
}

const planNamed = async (RestoreTestingPlanName: string) =>
  (
    await asked((backup) =>
      backup.send(new GetRestoreTestingPlanCommand({ RestoreTestingPlanName })),
    )
  ).RestoreTestingPlan;

const selectionNamed = async (
  RestoreTestingPlanName: string,
  RestoreTestingSelectionName: string,
) => {
  const of = { RestoreTestingPlanName, RestoreTestingSelectionName };
  const got = await asked((backup) => backup.send(new GetRestoreTestingSelectionCommand(of)));
  return got.RestoreTestingSelection;
};

const fact = (page: Page, name: string) =>
  page.locator('dt').getByText(name, { exact: true }).locator('xpath=following-sibling::dd[1]');
const refusal = (page: Page) => page.locator('.refused').getByRole('alert');

test('a plan is made with its selection, refused at its fields, and changed', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/drills?tab=plans' });
  await page.getByText(testingPlansText.empty).waitFor();
  await page.getByRole('link', { name: testingPlansText.create, exact: true }).click();
  await page.getByLabel(testingPlanText.name, { exact: true }).fill('every night');
  await page.getByLabel(testingPlanText.zone, { exact: true }).fill('Vienna');
  await refusal(page).getByText("'Vienna' is no time zone.").waitFor();
  await page.getByLabel(testingPlanText.zone, { exact: true }).fill('Europe/Vienna');
  await page.locator('aside dd time').waitFor();
  await button(page, testingPlanText.create).click();
  await refusal(page).getByText("The name 'every night' does not match").waitFor();
  await page.getByText(policyText.atField).waitFor();
  await page.getByLabel(testingPlanText.name, { exact: true }).fill('nightly');
  await page.getByLabel(testingPlanText.window).fill('999');
  await button(page, testingPlanText.create).click();
  await refusal(page).getByText('StartWindowHours is a whole number').waitFor();
  await page.getByLabel(testingPlanText.window).fill('8');
  await page.getByLabel(testingPlanText.include).fill('');
  await button(page, testingPlanText.create).click();
  await refusal(page).getByText('IncludeVaults names a vault').waitFor();
  await page.getByLabel(testingPlanText.include).fill('tested');
  const code = page.locator('aside pre');
  await code.getByText('aws backup create-restore-testing-plan').waitFor();
  await button(page, testingPlanText.create).click();
  await page.getByRole('heading', { name: 'nightly', exact: true }).waitFor();
  const made = await planNamed('nightly');
  assert.equal(made?.ScheduleExpression, 'cron(0 5 * * ? *)');
  assert.equal(made?.ScheduleExpressionTimezone, 'Europe/Vienna');
  assert.equal(made?.StartWindowHours, 8);
  const [vault = ''] = made?.RecoveryPointSelection?.IncludeVaults ?? [];
  assert.match(vault, /^arn:aws:backup:us-east-1:\d{12}:backup-vault:tested$/);

  await page.getByText(selectionsText.empty).waitFor();
  await page.getByText(testsText.empty).waitFor();
  await page.getByRole('link', { name: selectionsText.create, exact: true }).click();
  await page.getByLabel(selectionText.name, { exact: true }).fill('machines');
  await page.getByLabel(selectionText.which).selectOption('named');
  await button(page, selectionText.create).click();
  await refusal(page).getByText('Give ProtectedResourceArns').waitFor();
  await page.getByLabel(selectionText.which).selectOption('tagged');
  await page.getByLabel(selectionText.has).fill('backup = nightly');
  const looks = page.getByLabel(selectionText.looks);
  await looks.fill('checks:\n  - comand: df /\n');
  await button(page, selectionText.create).click();
  await refusal(page).getByText("Line 2: there is no 'comand'").waitFor();
  await looks.fill('compare:\n  - /etc/passwd\n');
  await button(page, selectionText.create).click();
  await refusal(page).getByText(selectionText.looksOnly).waitFor();
  await looks.fill('type: t3.nano\nchecks:\n  - command: df /\n');
  await page.getByLabel(selectionText.hours).fill('200');
  await button(page, selectionText.create).click();
  await refusal(page).getByText('ValidationWindowHours is a whole number').waitFor();
  await page.getByLabel(selectionText.hours).fill('0');
  await button(page, selectionText.create).click();
  const row = page.getByRole('row', { name: 'machines' });
  await row.getByText(`${selectionsText.tagged.EC2} backup=nightly`).waitFor();
  await row.getByText(`${selectionsText.checks(1)}, ${selectionsText.type('t3.nano')}`).waitFor();
  const chosen = await selectionNamed('nightly', 'machines');
  assert.deepEqual(chosen?.ProtectedResourceConditions?.StringEquals, [
    { Key: 'aws:ResourceTag/backup', Value: 'nightly' },
  ]);
  assert.deepEqual(chosen?.RestoreMetadataOverrides, {
    InstanceType: 't3.nano',
    'imago:checks': '[{"Command":"df /"}]',
  });

  await row.getByRole('link', { name: 'machines', exact: true }).click();
  await page.getByRole('heading', { name: selectionText.title('machines') }).waitFor();
  await page.getByLabel(selectionText.which).selectOption('all');
  await looks.fill('checks:\n  - command: df /\n  - port: 22\n');
  await button(page, policyText.save).click();
  await page.getByText(policyText.saved, { exact: true }).waitFor();
  const changed = await selectionNamed('nightly', 'machines');
  assert.deepEqual(changed?.ProtectedResourceConditions?.StringEquals, []);
  assert.deepEqual(changed?.RestoreMetadataOverrides, {
    'imago:checks': '[{"Command":"df /"},{"Port":22}]',
  });
  await page.getByRole('link', { name: 'nightly', exact: true }).click();
  await page.getByLabel(testingPlanText.acts).selectOption('expression');
  await page.getByLabel(testingPlanText.expression, { exact: true }).fill('rate(1 day)');
  await button(page, policyText.save).click();
  await refusal(page).getByText('It is a cron(…).').waitFor();
  await page.getByLabel(testingPlanText.expression, { exact: true }).fill('cron(0 5 ? * 1 *)');
  await page.getByLabel(testingPlanText.algorithm).selectOption('RANDOM_WITHIN_WINDOW');
  await button(page, policyText.save).click();
  await page.getByText(policyText.saved, { exact: true }).waitFor();
  const later = await planNamed('nightly');
  assert.equal(later?.ScheduleExpression, 'cron(0 5 ? * 1 *)');
  assert.equal(later?.RecoveryPointSelection?.Algorithm, 'RANDOM_WITHIN_WINDOW');
  // What the form did not change is as it was.
  assert.deepEqual(later?.RecoveryPointSelection?.IncludeVaults, [vault]);
  await page.context().close();
});

/** A machine with a recovery point in the vault of the plan; its id. */
async function backedUp(): Promise<string> {
  const ec2 = imago.ec2();
  const { ImageId: image = '' } = await providerImage(ec2, 'imago-micro-*');
  const [machine] = await launch(ec2, image, await access(imago));
  const id = machine?.InstanceId ?? '';
  await waitForState(ec2, id, 'running');
  const { RestoreTestingPlanArn: arn = '' } = (await planNamed('nightly')) ?? {};
  const account = arn.split(':')[4];
  const ResourceArn = `arn:aws:ec2:${region}:${account}:instance/${id}`;
  await asked(async (backup) => {
    const vault = { BackupVaultName: 'tested' };
    await backup.send(new CreateBackupVaultCommand(vault));
    const job = await backup.send(new StartBackupJobCommand({ ...vault, ResourceArn, IamRoleArn }));
    await until('the machine is backed up', async () => {
      const { BackupJobId } = job;
      const told = await backup.send(new DescribeBackupJobCommand({ BackupJobId }));
      return told.State === 'COMPLETED';
    });
  });
  return id;
}

/** A plan besides, with one selection. */
async function makePlan(RestoreTestingPlanName: string, selection: object): Promise<void> {
  const RestoreTestingPlan = {
    ...{ RestoreTestingPlanName, ScheduleExpression: 'cron(0 5 * * ? *)' },
    RecoveryPointSelection: {
      Algorithm: 'LATEST_WITHIN_WINDOW' as const,
      IncludeVaults: ['*'],
      RecoveryPointTypes: ['SNAPSHOT' as const],
    },
  };
  const RestoreTestingSelection = {
    ...{ RestoreTestingSelectionName: 'all', IamRoleArn, ProtectedResourceType: 'EC2' },
    ...{ ProtectedResourceArns: ['*'], ...selection },
  };
  await asked(async (backup) => {
    await backup.send(new CreateRestoreTestingPlanCommand({ RestoreTestingPlan }));
    const all = { RestoreTestingPlanName, RestoreTestingSelection };
    await backup.send(new CreateRestoreTestingSelectionCommand(all));
  });
}

/** As if it had been down when its plans were to run. */
async function missARun(): Promise<void> {
  await imago.stop();
  const then = new Date(Date.now() - 60_000).toISOString();
  const catalog = await openSqliteCatalog(path.join(imago.home, 'imago.db'));
  await catalog.write(async ({ restoreTestingPlans }) => {
    for (const row of await restoreTestingPlans.list()) {
      await restoreTestingPlans.update({ ...row, nextRunAt: then, nextLookAt: then });
    }
  });
  await catalog.close();
  await imago.start();
}

test('what a run has tested is told with its verdicts, and leads to the drill of each', async () => {
  const machine = await backedUp();
  const Checks = JSON.stringify([{ Command: 'hostname', Equals: 'web-1' }]);
  await makePlan('failing', { RestoreMetadataOverrides: { 'imago:checks': Checks } });
  await makePlan('volumes', { ProtectedResourceType: 'EBS' });
  await missARun();
  const { page, complaints } = await openSignedIn(browser, imago, { route: '#/drills?tab=plans' });
  const { verdicts, so } = testingPlansText;
  const row = (name: string) => page.getByRole('row', { name });
  await row('nightly').getByText(so(1, verdicts.passed)).waitFor();
  await row('failing').getByText(so(1, verdicts.failed)).waitFor();
  await row('volumes').getByText(testingPlansText.notTested).waitFor();
  // When it runs next, and when it did last.
  await row('nightly').locator('time').nth(1).waitFor();

  await page.getByRole('link', { name: 'nightly', exact: true }).click();
  const test = page.getByRole('row', { name: machine });
  await test.getByText(verdicts.passed, { exact: true }).waitFor();
  await fact(page, testingPlansText.columns.verdict).getByText(so(1, verdicts.passed)).waitFor();
  await test.getByRole('link', { name: /^drill-/ }).waitFor();
  await goTo(page, '#/drills/plans/failing');
  await test.getByText(verdicts.failed, { exact: true }).waitFor();
  await test.getByText(testsText.evidence).waitFor();
  await test.getByRole('link', { name: /^drill-/ }).click();
  await page.locator('.found').getByText('its output is ""').waitFor();
  await page.locator('.evidence pre').getByText('is a simulated machine').waitFor();
  await fact(page, drillText.facts.plan).getByRole('link', { name: 'failing' }).click();
  await page.getByRole('heading', { name: 'failing', exact: true }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a selection is deleted, and a plan with those that it has', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/drills/plans/failing' });
  await page.getByRole('row', { name: 'all machines' }).getByRole('button').click();
  await confirm(page, testingPlansText.deleteNow);
  await page.getByText(selectionsText.empty).waitFor();
  await goTo(page, '#/drills?tab=plans');
  for (const name of ['failing', 'nightly', 'volumes']) {
    const row = page.getByRole('row', { name });
    await button(page.getByRole('row', { name }), testingPlansText.delete).click();
    await confirm(page, testingPlansText.deleteNow);
    await row.waitFor({ state: 'detached' });
  }
  await page.getByText(testingPlansText.empty).waitFor();
  await page.context().close();
});
