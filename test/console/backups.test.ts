/**
 * Backups in the console, held against what the API says: taken, looked at by day, forgotten by
 * rules; and policies, made with what they come to beside them, changed and ended.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DLMClient,
  GetLifecyclePoliciesCommand,
  GetLifecyclePolicyCommand,
} from '@aws-sdk/client-dlm';
import { CreateTagsCommand, type EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  backupDialogsText,
  backupsText,
  dayText,
  forgetText,
  sourceText,
} from '../../console/src/text/backups.ts';
import { calendarText } from '../../console/src/text/calendar.ts';
import { checksFieldText, drillDialogText } from '../../console/src/text/drills.ts';
import { captureText } from '../../console/src/text/instance.ts';
import { policiesText, policyText, simulatorText } from '../../console/src/text/policies.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';
import {
  button,
  type ConsoleBrowser,
  clientOf,
  confirm,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
  saysWhy,
  type Tab,
} from './browser.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let ec2: EC2Client;
let instance: string;
before(async () => {
  imago = await ImagoProcess.start({
    ...{ hypervisor: 'simulated', home: await homeWith('micro') },
    regions: ['us-east-1', 'eu-west-1'],
  });
  browser = await openBrowser();
  ec2 = imago.ec2();
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [made] = await launch(ec2, ImageId, await access(imago));
  instance = made?.InstanceId ?? '';
  await waitForState(ec2, instance, 'running');
  const Tags = [{ Key: 'Name', Value: 'web-1' }];
  await ec2.send(new CreateTagsCommand({ Resources: [instance], Tags }));
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

const backupsNow = async () => {
  const { Backups } = await clientOf(imago).imago('ListBackups', { SourceId: instance });
  return Backups;
};

async function take({ page }: Tab, name: string): Promise<void> {
  await button(page, sourceText.take).click();
  await dialogOf(page).getByLabel(captureText.name).fill(name);
  await button(dialogOf(page), captureText.capture).click();
  await dialogOf(page).getByText(captureText.done).waitFor();
  await page.keyboard.press('Escape');
  await dialogOf(page).waitFor({ state: 'detached' });
}

test('a backup is taken, found on its day by keys, and deleted', async () => {
  const tab = await openSignedIn(browser, imago, { route: '#/backups' });
  const { page } = tab;
  await page.getByText(backupsText.empty).waitFor();
  await goTo(page, `#/backups/${instance}`);
  await page.getByText(sourceText.none).waitFor();
  await take(tab, 'the-first');
  const made = sourceText.made(1);
  const today = page.getByRole('gridcell', { name: new RegExp(`${calendarText.today}, ${made}`) });
  await today.click();
  const row = page.getByRole('row', { name: /ami-/ });
  await row.getByText('available').waitFor();
  await row.getByText(dayText.untilDeleted).waitFor();
  const [backup] = await backupsNow();
  await row.getByRole('link', { name: backup?.BackupId }).waitFor();

  // From the day on it is one stop of the Tab key, and arrows go by weeks and days.
  await page.getByRole('grid').focus();
  for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await page.getByText(dayText.empty).waitFor();
  const chosen = new URLSearchParams(page.url().split('?')[1]).get('day') ?? '';
  const weekMs = 7 * 86_400_000;
  const days = Date.now() - Date.parse(chosen);
  assert.ok(days > weekMs && days < weekMs + 2 * 86_400_000, chosen);
  assert.equal(await page.getByRole('grid').locator('[tabindex], button, a').count(), 0);
  await today.click();

  await button(row, dayText.delete).click();
  await confirm(page, backupDialogsText.delete);
  await page.getByText(dayText.empty).waitFor();
  assert.deepEqual(await backupsNow(), []);
  await page.context().close();
});

test('rules are seen before they act; what stays is drilled, of a machine that is gone, too', async () => {
  const tab = await openSignedIn(browser, imago, { route: `#/backups/${instance}` });
  const { page } = tab;
  for (const name of ['the-second', 'the-third']) await take(tab, name);
  await button(page, sourceText.forget).click();
  await dialogOf(page).getByText(forgetText.sayRule).waitFor();
  await dialogOf(page).getByLabel(forgetText.within).fill('a while');
  await dialogOf(page).getByRole('alert').waitFor();
  await dialogOf(page).getByLabel(forgetText.within).fill('');
  await dialogOf(page).getByLabel(forgetText.rules.KeepLast).fill('1');
  const before = await backupsNow();
  await dialogOf(page)
    .getByText(forgetText.sums(1, 1, 0))
    .waitFor();
  assert.equal((await backupsNow()).length, before.length, 'a preview does nothing');
  await button(dialogOf(page), forgetText.forget(1)).click();
  // The preview says the same.
  await dialogOf(page).getByLabel(forgetText.within).waitFor({ state: 'detached' });
  await dialogOf(page)
    .getByRole('status')
    .getByText(forgetText.sums(1, 1, 0))
    .waitFor();
  const left = await backupsNow();
  assert.deepEqual(
    left.map(({ BackupId }) => BackupId),
    [before[0]?.BackupId],
  );
  await page.keyboard.press('Escape');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }));
  await saysWhy(button(page, sourceText.take), sourceText.cannotTake);
  await page.getByRole('gridcell', { name: new RegExp(sourceText.made(1)) }).click();
  await button(page, dayText.drill).click();
  const checks = dialogOf(page).getByLabel(checksFieldText.label);
  await checks.fill('checks:\n  - command: "true"\n');
  await confirm(page, drillDialogText.begin);
  const { Drills } = await clientOf(imago).imago('DescribeDrills', {});
  assert.deepEqual(
    Drills.map(({ ImageId, Checks }) => [ImageId, Checks]),
    [[before[0]?.BackupId, 1]],
  );
  await goTo(page, '#/backups');
  const source = page.getByRole('row', { name: 'web-1' });
  await source.getByText('terminated').waitFor();
  await page.context().close();
});

test('a policy is made with its year beside it, refused at its field, changed and deleted', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/policies' });
  const { endpoint, credentials } = imago;
  const dlm = new DLMClient({ endpoint, credentials, region: 'us-east-1' });
  const told = async (PolicyId: string) =>
    (await dlm.send(new GetLifecyclePolicyCommand({ PolicyId }))).Policy;
  await page.getByRole('link', { name: policiesText.create }).click();
  const fact = (name: string) => page.locator('dt', { hasText: name }).locator('+ dd');
  // Nothing is refused before anything is said; what is refused then is told where it is typed.
  await page.getByText(simulatorText.unsaid).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await button(page, policyText.addCopy).waitFor();
  await page.getByLabel(policyText.targets).fill('backup=nightly');
  await fact(simulatorText.left).getByText('14', { exact: true }).waitFor();
  await fact(simulatorText.made)
    .getByText(/^36[456]$/)
    .waitFor();
  await page.getByLabel(policyText.count).fill('3');
  await fact(simulatorText.left).getByText('3', { exact: true }).waitFor();
  await page.getByLabel(policyText.when).selectOption('cron');
  await page.getByLabel(policyText.cron).fill('cron(0 3 ? * XYZ *)');
  await page.getByRole('alert').getByText('cron(0 3 ? * XYZ *)').waitFor();
  await page.getByLabel(policyText.cron).fill('cron(0 3 ? * SUN *)');
  await fact(simulatorText.made)
    .getByText(/^5[23]$/)
    .waitFor();
  await button(page, policyText.addCopy).click();

  await page.getByLabel(policyText.description).fill('Every week!');
  await button(page, policyText.create).click();
  await page.getByText(policyText.atField).waitFor();
  const refusal = page.getByRole('alert').getByText('Description');
  await page.getByLabel(policyText.name).fill('Weekly');
  assert.equal(await refusal.count(), 1, 'another field is changed');
  await page.getByLabel(policyText.description).fill('Every week');
  await refusal.waitFor({ state: 'detached' });
  await page.getByText(policyText.atField).waitFor({ state: 'detached' });
  await button(page, policyText.create).click();
  await page.waitForURL(/#\/policies\/policy-[0-9a-f]+$/);
  const id = /policy-[0-9a-f]+/.exec(page.url())?.[0] ?? '';
  const made = await told(id);
  assert.deepEqual(
    [made?.State, made?.PolicyDetails?.Schedules?.[0]?.RetainRule?.Count],
    ['ENABLED', 3],
  );
  assert.deepEqual(
    made?.PolicyDetails?.Schedules?.[0]?.CrossRegionCopyRules?.map((rule) => rule.TargetRegion),
    ['eu-west-1'],
  );

  await page.getByLabel(policyText.count).fill('5');
  await button(page, policyText.save).click();
  await page.getByText(policyText.saved).waitFor();
  assert.equal((await told(id))?.PolicyDetails?.Schedules?.[0]?.RetainRule?.Count, 5);
  await page.getByLabel(policyText.count).fill('6');
  await page.getByText(policyText.saved).waitFor({ state: 'detached' });
  await goTo(page, '#/policies');
  const row = page.getByRole('row', { name: id });
  await row.getByText('backup=nightly').waitFor();
  await button(row, policiesText.disable).click();
  // Without `exact` it is found in “Disable” and “Delete…” side by side as well.
  await row.getByText('DISABLED', { exact: true }).waitFor();
  assert.equal((await told(id))?.State, 'DISABLED');
  await button(row, policiesText.delete).click();
  await confirm(page, policiesText.deleteNow);
  await page.getByText(policiesText.empty).waitFor();
  const { Policies } = await dlm.send(new GetLifecyclePoliciesCommand({}));
  assert.deepEqual(Policies, []);
  dlm.destroy();
  await page.context().close();
});
