/**
 * Policies that forget, in the browser against a real server with simulated machines: one is made
 * with its year beside it, refused, changed, put to rest and deleted; a policy of dlm says when it is
 * due next, and of a hundred of them those that are looked at.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BackupClient,
  CancelLegalHoldCommand,
  CreateBackupPlanCommand,
  CreateBackupVaultCommand,
  CreateLegalHoldCommand,
  PutBackupVaultLockConfigurationCommand,
} from '@aws-sdk/client-backup';
import {
  CreateLifecyclePolicyCommand,
  DLMClient,
  GetLifecyclePoliciesCommand,
} from '@aws-sdk/client-dlm';
import type { Page } from 'playwright-core';
import { forgetText } from '../../console/src/text/backups.ts';
import {
  forgetPoliciesText,
  policiesText,
  policyText,
  simulatorText,
  vaultsText,
} from '../../console/src/text/policies.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  atRest,
  button,
  type ConsoleBrowser,
  clientOf,
  confirm,
  goTo,
  openBrowser,
  openSignedIn,
} from './browser.ts';

/** Of a region; AWS lets nobody have more. */
const policiesMax = 100;
/** A page of them. */
const plans = 50;

let imago: ImagoProcess;
let browser: ConsoleBrowser;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

const told = async () => {
  const { Policies } = await clientOf(imago).imago('DescribeForgetPolicies', {});
  return Policies.map(({ NextRunTime: _, ...said }) => said);
};

const fact = (page: Page, name: string) => page.locator('dt', { hasText: name }).locator('+ dd');

test('a policy that forgets is made with its year beside it, changed, at rest, and gone', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/policies?tab=forget' });
  await page.getByText(forgetPoliciesText.empty).waitFor();
  await page.getByRole('link', { name: forgetPoliciesText.create }).click();
  await page.getByLabel(forgetPoliciesText.name).fill('thin');
  await page.getByLabel(forgetText.zone).fill('UTC');
  await button(page, policyText.create).click();
  const alert = page.locator('form > div').getByRole('alert');
  await alert.getByText('SourceIds or TargetTags are needed.').waitFor();
  await page.getByText(policyText.atField).waitFor();
  await page.getByLabel(forgetPoliciesText.tags).fill('backup = nightly');
  await page.getByLabel(forgetPoliciesText.sources).fill('vol-0123456789abcdef0\n');
  await page.getByLabel(forgetText.rules.KeepWeekly).fill('');
  await page.getByLabel(forgetText.rules.KeepMonthly).fill('');
  // It forgets at its own times, so that there are more in between.
  await page.getByLabel(forgetPoliciesText.maker).selectOption('rate(6 hours)');
  await page.getByLabel(simulatorText.size).fill('2');
  const Schedule = 'rate(6 hours)';
  const foretold = await clientOf(imago).imago('SimulateBackups', {
    ...{ Schedule, KeepDaily: 7, Timezone: 'UTC', ForgetSchedule: 'cron(30 4 * * ? *)' },
  });
  assert.ok(foretold.MostKept > 7, `${foretold.MostKept}`);
  await fact(page, simulatorText.most).getByText(`${foretold.MostKept} with`).waitFor();
  await fact(page, simulatorText.disk).getByText('2 GiB in use (as you said)').waitFor();
  // What is refused while one types is told where it is typed.
  await page.getByLabel(forgetPoliciesText.acts).selectOption('expression');
  await page.getByLabel(forgetPoliciesText.expression).fill('cron(at night)');
  await alert.getByText("The schedule 'cron(at night)'").waitFor();
  await page.getByLabel(forgetPoliciesText.acts).selectOption('daily');
  await page.getByLabel(simulatorText.source).fill('vol-1');
  await page.locator('aside').getByRole('alert').getByText("SourceId 'vol-1'").waitFor();
  await page.getByLabel(simulatorText.source).fill('');
  await page.locator('aside pre').getByText('--keep-daily 7').waitFor();
  await button(page, policyText.create).click();
  await page.getByRole('heading', { name: 'thin' }).waitFor();
  const said = {
    ...{ PolicyName: 'thin', Enabled: true, Schedule: 'cron(30 4 * * ? *)', Timezone: 'UTC' },
    ...{ TargetTags: [{ Key: 'backup', Value: 'nightly' }], KeepDaily: 7 },
    SourceIds: ['vol-0123456789abcdef0'],
  };
  assert.deepEqual(await told(), [said]);
  await page.getByText(forgetText.moreRules).click();
  await page.getByLabel(forgetText.withinEach.KeepWithinMonthly).fill('1y');
  await page.getByLabel(forgetPoliciesText.time).fill('23:05');
  await button(page, policyText.save).click();
  await page.getByText(policyText.saved).waitFor();
  const changed = { ...said, KeepWithinMonthly: '1y', Schedule: 'cron(5 23 * * ? *)' };
  assert.deepEqual(await told(), [changed]);
  await goTo(page, '#/policies?tab=forget');
  const row = page.getByRole('row', { name: 'thin' });
  await row.getByText('7 daily, monthly within 1y').waitFor();
  await button(page, policiesText.disable).click();
  // Exactly: the words of the buttons beside it, "Disable" and "Delete", have it in them, too.
  await row.getByText(forgetPoliciesText.disabled, { exact: true }).waitFor();
  assert.deepEqual(await told(), [{ ...changed, Enabled: false }]);
  await button(page, policiesText.delete).click();
  await confirm(page, policiesText.deleteNow);
  await page.getByText(forgetPoliciesText.empty).waitFor();
  assert.deepEqual(await told(), []);
  await page.context().close();
});

test('beside a policy that takes backups is what one that forgets leaves of them', async () => {
  const TargetTags = [{ Key: 'backup', Value: 'nightly' }];
  const few = { PolicyName: 'few', TargetTags, KeepLast: 3, Schedule: 'rate(1 hour)' };
  await clientOf(imago).imago('PutForgetPolicy', { ...few, Enabled: false });
  const { page } = await openSignedIn(browser, imago, { route: '#/policies/new' });
  await page.getByLabel(policyText.targets).fill('backup=nightly');
  const left = fact(page, simulatorText.left);
  await left.getByText('14', { exact: true }).waitFor();
  await page.getByLabel(simulatorText.forgotten).selectOption('few');
  await left.getByText(/^[34]$/).waitFor();
  await clientOf(imago).imago('DeleteForgetPolicy', { PolicyName: 'few' });
  await page.context().close();
});

test('vaults say how they are locked, and legal holds that they are there', async () => {
  const { endpoint, credentials } = imago;
  const backup = new BackupClient({ endpoint, credentials, region: 'us-east-1' });
  const { page } = await openSignedIn(browser, imago, { route: '#/policies?tab=vaults' });
  await page.getByText(vaultsText.noHolds).waitFor();
  for (const BackupVaultName of ['open', 'shut']) {
    await backup.send(new CreateBackupVaultCommand({ BackupVaultName }));
  }
  const lock = { BackupVaultName: 'shut', MinRetentionDays: 7, ChangeableForDays: 3 };
  await backup.send(new PutBackupVaultLockConfigurationCommand(lock));
  const row = (name: string) => page.getByRole('row', { name });
  await row('open').getByText(vaultsText.unlocked).waitFor();
  await row('shut').getByText(vaultsText.least(7)).waitFor();
  await row('shut').getByText(vaultsText.finalAt).waitFor();
  const Title = '<b>the court</b>';
  const RecoveryPointSelection = { VaultNames: ['shut'] };
  const hold = { Title, Description: 'case 12', RecoveryPointSelection };
  const { LegalHoldId } = await backup.send(new CreateLegalHoldCommand(hold));
  await row('case 12').getByText('ACTIVE').waitFor();
  await row('case 12').getByText(Title).waitFor();
  await backup.send(new CancelLegalHoldCommand({ LegalHoldId, CancelDescription: 'over' }));
  await row('case 12').getByText('CANCELED').waitFor();
  backup.destroy();
  await page.context().close();
});

const policyOf = (Description: string, CronExpression: string, State: 'ENABLED' | 'DISABLED') =>
  new CreateLifecyclePolicyCommand({
    ...{ Description, State, ExecutionRoleArn: 'arn:aws:iam::123456789012:role/none' },
    PolicyDetails: {
      ...{ PolicyType: 'IMAGE_MANAGEMENT', ResourceTypes: ['INSTANCE'] },
      TargetTags: [{ Key: 'backup', Value: 'yearly' }],
      Schedules: [{ Name: 'Yearly', RetainRule: { Count: 2 }, CreateRule: { CronExpression } }],
    },
  });

test('a policy of dlm says when it is due next, as long as it is enabled', async () => {
  const { endpoint, credentials } = imago;
  const dlm = new DLMClient({ endpoint, credentials, region: 'us-east-1' });
  const year = new Date().getUTCFullYear() + 1;
  await dlm.send(policyOf('New year', `cron(0 3 31 12 ? ${year})`, 'ENABLED'));
  dlm.destroy();
  const { page } = await openSignedIn(browser, imago, { route: '#/policies' });
  const due = `time[datetime="${year}-12-31T03:00:00.000Z"]`;
  const row = page.getByRole('row', { name: 'New year' });
  await row.locator(due).waitFor();
  await button(page, policiesText.disable).click();
  await row.getByText('DISABLED', { exact: true }).waitFor();
  assert.equal(await row.locator(due).count(), 0);
  await row.getByRole('link').click();
  await page.locator(`aside ${due}`).waitFor();
  await page.context().close();
});

test('of a hundred policies, and fifty plans, what the list does not tell is asked for where one looks', async () => {
  const { endpoint, credentials } = imago;
  const about = { endpoint, credentials, region: 'us-east-1' };
  const [dlm, backup] = [new DLMClient(about), new BackupClient(about)];
  const { Policies = [] } = await dlm.send(new GetLifecyclePoliciesCommand({}));
  const added = policiesMax - Policies.length;
  const names = Array.from({ length: added }, (_, number) => `number ${number}`);
  const cron = 'cron(0 3 31 12 ? *)';
  await Promise.all(names.map((name) => dlm.send(policyOf(name, cron, 'ENABLED'))));
  await backup.send(new CreateBackupVaultCommand({ BackupVaultName: 'planned' }));
  await Promise.all(
    Array.from({ length: plans }, (_, number) => {
      const Rules = [{ RuleName: 'all', TargetBackupVaultName: 'planned' }];
      const BackupPlan = { BackupPlanName: `plan-${number}`, Rules };
      return backup.send(new CreateBackupPlanCommand({ BackupPlan }));
    }),
  );
  for (const client of [dlm, backup]) client.destroy();

  const tab = await openSignedIn(browser, imago, { route: '#/policies' });
  const { page } = tab;
  const countOf = (action: string) => tab.asked.filter((each) => each === action).length;
  const asksFew = async (rows: number, actions: readonly string[], known: string) => {
    await page.getByRole('row').nth(rows).waitFor();
    await page.locator('table.list > tbody > tr').first().getByText(known).first().waitFor();
    await atRest(tab);
    for (const action of actions) {
      const count = countOf(action);
      assert.ok(count > 0 && count < rows / 2, `${action} was asked ${count} times of ${rows}`);
    }
    const last = page.locator('table.list > tbody > tr').last();
    assert.equal(await last.getByText(known).count(), 0);
    await last.scrollIntoViewIfNeeded();
    await last.getByText(known).first().waitFor();
    await atRest(tab);
    for (const action of actions) {
      const count = countOf(action);
      assert.ok(count < rows, `${action} was asked ${count} times of ${rows}`);
    }
  };
  await asksFew(policiesMax, ['dlm.GetLifecyclePolicy', 'imago.SimulateBackups'], 'yearly');
  assert.equal(countOf('dlm.GetLifecyclePolicies'), 1);
  await goTo(page, '#/policies?tab=plans');
  await asksFew(plans, ['backup.GetBackupPlan', 'backup.ListBackupSelections'], 'planned');
  await page.context().close();
});
