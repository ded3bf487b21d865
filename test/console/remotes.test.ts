/**
 * Remotes in the browser, against a real server whose other end is another one: one is named, a
 * snapshot is sent there and fetched back, what fails says why, and the secret is never seen again.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  type EC2Client,
  waitUntilSnapshotCompleted,
  waitUntilVolumeAvailable,
} from '@aws-sdk/client-ec2';
import {
  changeKeyText,
  newRemoteText,
  pullText,
  remotesText,
  remoteTransfersText,
  removeRemoteText,
  sendText,
  stopTransferText,
} from '../../console/src/text/remotes.ts';
import { ImagoProcess } from '../support/imago.ts';
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
  settled,
} from './browser.ts';
import { newAccount } from './world.ts';

let imago: ImagoProcess;
let far: ImagoProcess;
let browser: ConsoleBrowser;
let snapshot: string;
before(async () => {
  [imago, far] = await Promise.all([
    ImagoProcess.start({ hypervisor: 'simulated' }),
    ImagoProcess.start({ hypervisor: 'simulated' }),
  ]);
  browser = await openBrowser();
  snapshot = await snapshotIn(imago.ec2());
});
after(async () => {
  await browser?.close();
  await Promise.all([imago?.dispose(), far?.dispose()]);
});

async function snapshotIn(client: EC2Client): Promise<string> {
  const waiting = { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
  const place = { AvailabilityZone: 'us-east-1a', Size: 1 };
  const { VolumeId = '' } = await client.send(new CreateVolumeCommand(place));
  await waitUntilVolumeAvailable(waiting, { VolumeIds: [VolumeId] });
  const { SnapshotId = '' } = await client.send(new CreateSnapshotCommand({ VolumeId }));
  await waitUntilSnapshotCompleted(waiting, { SnapshotIds: [SnapshotId] });
  return SnapshotId;
}

test('a remote is named, a snapshot is sent there and comes back, and the remote is removed', async () => {
  const tab = await openSignedIn(browser, imago, { route: '#/remotes' });
  const { page } = tab;
  await page.getByText(remotesText.empty).waitFor();
  await button(page, remotesText.add).click();
  const { accessKeyId, secretAccessKey } = far.credentials;
  await dialogOf(page).getByLabel(newRemoteText.name).fill('second');
  await dialogOf(page).getByLabel(newRemoteText.endpoint).fill('http://imago.example');
  await dialogOf(page).getByLabel(newRemoteText.accessKeyId).fill('AKIAOFBEFORE');
  await dialogOf(page).getByLabel(newRemoteText.secret).fill('of/before');
  await dialogOf(page).getByLabel(newRemoteText.rate).fill('20');
  await dialogOf(page).getByLabel(newRemoteText.tags).fill('offsite=yes');
  await button(dialogOf(page), newRemoteText.add).click();
  await dialogOf(page)
    .getByRole('alert')
    .getByText(/^Endpoint is https/)
    .waitFor();
  await dialogOf(page).getByLabel(newRemoteText.endpoint).fill(far.endpoint);
  await confirm(page, newRemoteText.add);
  const row = page.getByRole('row', { name: 'second' });
  await row.getByText(remotesText.withTag('offsite=yes')).waitFor();
  await row.getByText(remotesText.rate('20 MiB')).waitFor();

  await page.getByRole('link', { name: 'second' }).first().click();
  await button(page, remotesText.changeKey).click();
  await dialogOf(page).getByLabel(newRemoteText.accessKeyId).fill(accessKeyId);
  await dialogOf(page).getByLabel(newRemoteText.secret).fill(secretAccessKey);
  await confirm(page, changeKeyText.change);
  await page.getByText(accessKeyId).first().waitFor();

  await goTo(page, `#/snapshots/${snapshot}`);
  await button(page, sendText.ask).click();
  await dialogOf(page)
    .getByLabel(sendText.remote)
    .getByText('second')
    .waitFor({ state: 'attached' });
  await confirm(page, sendText.send);
  await page.getByRole('heading', { name: 'second' }).waitFor();
  const sent = page.getByRole('row', { name: snapshot });
  await sent.getByText(remoteTransfersText.states.completed ?? '', { exact: true }).waitFor();
  const { Transfers } = await clientOf(imago).imago('DescribeRemoteTransfers', {});
  const [{ MadeId = '' } = {}] = Transfers;
  await sent.getByText(MadeId).waitFor();
  assert.equal(await sent.getByRole('link', { name: MadeId }).count(), 0, 'it is not here');

  for (const [id, state] of [
    ['snap-0fedcba9876543210', 'failed'],
    [await snapshotIn(far.ec2()), 'completed'],
  ] as const) {
    await button(page, remotesText.pull).click();
    await dialogOf(page).getByLabel(pullText.id).fill(id);
    await confirm(page, pullText.fetch);
    const fetched = page.getByRole('row', { name: id });
    await fetched.getByText(remoteTransfersText.states[state] ?? '', { exact: true }).waitFor();
    if (state === 'failed') await fetched.getByText(/does not exist/).waitFor();
    else await fetched.getByRole('link', { name: /^snap-/ }).waitFor();
  }

  await goTo(page, '#/remotes');
  await row.first().waitFor();
  await settled(tab);
  assert.ok(!(await page.content()).includes(secretAccessKey));
  await page.getByRole('link', { name: 'second' }).first().click();
  await button(page, remotesText.remove).click();
  await confirm(page, removeRemoteText.remove);
  await page.getByText(remotesText.empty).waitFor();
  assert.deepEqual((await clientOf(imago).imago('DescribeRemotes', {})).Remotes, []);
  await page.context().close();
});

test('what waits for an end that does not answer is stopped', async () => {
  const key = { AccessKeyId: 'AKIAEXAMPLE', SecretAccessKey: 'secret' };
  const place = { Name: 'silent', Endpoint: 'http://127.0.0.1:1', Region: 'us-east-1' };
  const client = clientOf(imago);
  const { RemoteId } = await client.imago('CreateRemote', { ...place, ...key });
  await client.imago('PushBackup', { BackupId: snapshot, RemoteId });
  const { page } = await openSignedIn(browser, imago, { route: `#/remotes/${RemoteId}` });
  const sent = page.getByRole('row', { name: snapshot });
  await sent.getByText(remoteTransfersText.states.running ?? '', { exact: true }).waitFor();
  await button(sent, stopTransferText.ask).click();
  await dialogOf(page).getByText(stopTransferText.means.push).waitFor();
  await confirm(page, stopTransferText.stop);
  const { stopping = '', stopped = '' } = remoteTransfersText.states;
  await sent.getByText(new RegExp(`^(${stopping}|${stopped})$`)).waitFor();
  assert.equal(await button(sent, stopTransferText.ask).count(), 0);
  await page.context().close();
});

test('who is no operator names none, and is told so where something is to be sent', async () => {
  const credentials = await newAccount(imago, 'customer');
  const own = await snapshotIn(imago.ec2('us-east-1', credentials));
  const { page } = await openSignedIn(browser, imago, { route: '#/remotes', credentials });
  await saysWhy(button(page, remotesText.add), remotesText.onlyOperator);
  await goTo(page, `#/snapshots/${own}`);
  await button(page, sendText.ask).click();
  await dialogOf(page).getByText(sendText.none).waitFor();
  await page.context().close();
});
