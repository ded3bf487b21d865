/** Disk files that are dropped on the console become snapshots and images, byte for byte. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EBSClient, GetSnapshotBlockCommand, ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs';
import {
  DescribeImagesCommand,
  DescribeImportSnapshotTasksCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Page } from 'playwright-core';
import { importText } from '../../console/src/text/import-here.ts';
import { keyChoiceText } from '../../console/src/text/keys.ts';
import {
  importDialogText as dialog,
  transfersText as text,
} from '../../console/src/text/transfers.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  button,
  type ConsoleBrowser,
  confirm,
  dialogOf,
  followLink,
  goTo,
  linkFor,
  openBrowser,
  openTab,
  type Tab,
} from './browser.ts';

const blockBytes = 512 * 1024;
const fileBytes = 3 * blockBytes;
/** Of the file, whatever its name is. */
const byteAt = (place: number) => (place >= blockBytes && place < 2 * blockBytes ? 0 : place % 251);

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

/** On the page, as by a hand. */
async function drop(page: Page, name: string): Promise<void> {
  await page.evaluate(`{
    const at = ${byteAt.toString().replaceAll('blockBytes', String(blockBytes))};
    const bytes = Uint8Array.from({ length: ${fileBytes} }, (_, place) => at(place));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}, { lastModified: 1e12 }));
    for (const what of ['dragover', 'drop']) {
      dispatchEvent(new DragEvent(what, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }`);
}

/** Signed in, with connections of offered files that end after so many questions. */
async function signedIn(questions: () => number): Promise<Tab> {
  const tab = await openTab(browser);
  await tab.page.routeWebSocket(/\/imago\/imports\//, (page) => {
    const server = page.connectToServer();
    let left = questions();
    server.onMessage((message) => {
      if (left-- > 0) page.send(message);
      else if (Number.isFinite(left)) void server.close().then(() => page.close());
    });
  });
  await followLink(tab.page, await linkFor(imago));
  return tab;
}

test('a file that is dropped on the images becomes one, though its connection breaks', async () => {
  const ec2 = imago.ec2();
  const { endpoint, credentials } = imago;
  const kms = new KMSClient({ endpoint, credentials, region: 'us-east-1' });
  const ofImports = 'of imports';
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: ofImports }));
  const keyId = KeyMetadata?.KeyId ?? '';
  let connections = 0;
  // The first two end early.
  const tab = await signedIn(() => (++connections > 2 ? 1000 : connections));
  const { page, complaints } = tab;
  await drop(page, 'tools.raw');
  const form = dialogOf(page);
  await form.getByText(dialog.chosen('tools.raw', '1.5 MiB')).waitFor();
  assert.equal(await form.getByLabel(dialog.format).inputValue(), 'RAW');
  assert.equal(await form.getByLabel(dialog.name).inputValue(), 'tools');
  await form.getByLabel(dialog.boot).selectOption(dialog.boots.uefi);
  await form.locator('.as-code summary').click();
  const command = form.getByText('bin/imago images import tools.raw');
  await form.getByLabel(keyChoiceText.label).selectOption(keyChoiceText.encrypted);
  await command.filter({ hasText: '--encrypted' }).waitFor();
  await form.getByLabel(keyChoiceText.label).selectOption(keyChoiceText.with(ofImports));
  await command.filter({ hasText: `--kms-key-id ${keyId}` }).waitFor();
  await confirm(page, dialog.do);
  await page.waitForURL(/#\/transfers$/);
  // Whatever is looked at meanwhile.
  await goTo(page, '#/volumes');
  await goTo(page, '#/transfers');
  const here = page.locator('.upload');
  await here.getByText(text.states.done).waitFor();
  assert.ok(connections > 2, `${connections}`);
  const id = (await here.getByRole('link').textContent()) ?? '';
  const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
  const image = Images?.[0];
  assert.deepEqual([image?.Name, image?.BootMode], ['tools', 'uefi']);
  assert.equal(image?.BlockDeviceMappings?.[0]?.Ebs?.Encrypted, true);
  await isSame(image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '');
  await page.getByRole('row').getByText('completed').waitFor();
  // It may have asked once more than Imago wanted to be asked.
  for (const complaint of complaints) assert.match(complaint, /\/imago\/imports\/.* 400$/);
});

/** What is in the snapshot is what is in the file. */
async function isSame(SnapshotId: string): Promise<void> {
  const { endpoint, credentials } = imago;
  const ebs = new EBSClient({ endpoint, credentials, region: 'us-east-1' });
  const { Blocks = [] } = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId }));
  assert.deepEqual(
    Blocks.map(({ BlockIndex }) => BlockIndex),
    [0, 2],
  );
  for (const { BlockIndex = 0, BlockToken } of Blocks) {
    const { BlockData } = await ebs.send(
      new GetSnapshotBlockCommand({ SnapshotId, BlockIndex, BlockToken }),
    );
    const bytes = (await BlockData?.transformToByteArray()) ?? new Uint8Array();
    const first = BlockIndex * blockBytes;
    const wanted = Uint8Array.from({ length: blockBytes }, (_, place) => byteAt(first + place));
    assert.ok(Buffer.from(bytes).equals(wanted), `block ${BlockIndex}`);
  }
}

test('a file that is chosen becomes a snapshot; one of another format is refused in words', async () => {
  const snapshots = async () => {
    const Filters = [{ Name: 'encrypted', Values: ['true'] }];
    const own = new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters });
    return (await imago.ec2().send(own)).Snapshots?.length ?? 0;
  };
  const many = await snapshots();
  const { page } = await signedIn(() => 1000);
  await goTo(page, '#/snapshots');
  for (const [format, end] of [
    ['RAW', text.states.done],
    ['QCOW2', text.states.failed],
  ] as const) {
    await button(page, importText.open).click();
    const form = dialogOf(page);
    const file = { name: `disk-${format}.img`, mimeType: '', buffer: Buffer.alloc(blockBytes, 7) };
    await form.getByLabel(dialog.file).setInputFiles(file);
    assert.equal(await form.getByLabel(dialog.format).inputValue(), '');
    await form.getByLabel(dialog.format).selectOption(format);
    await form.getByLabel(dialog.snapshot).check();
    await form.getByLabel(dialog.description).fill(`of ${format}`);
    await form.getByLabel(keyChoiceText.label).selectOption(keyChoiceText.encrypted);
    await confirm(page, dialog.do);
    const here = page.locator('.upload', { hasText: file.name });
    await here.getByText(end, { exact: true }).waitFor();
    if (format === 'QCOW2') await here.locator('.problem').getByText(/qcow2/i).waitFor();
    await goTo(page, '#/snapshots');
  }
  assert.equal(await snapshots(), many + 1);
});

test('an import that is cancelled leaves nothing', async () => {
  // Imago's questions never come.
  const { page } = await signedIn(() => Number.NEGATIVE_INFINITY);
  await drop(page, 'held.raw');
  await confirm(page, dialog.do);
  const here = page.locator('.upload');
  await here.getByText(text.states.reading).waitFor();
  await here.getByRole('button').click();
  await confirm(page, text.cancelNow);
  await here.getByText(text.states.cancelled).waitFor();
  const [id = ''] = /import-snap-[0-9a-f]{17}/.exec((await here.textContent()) ?? '') ?? [];
  await page.getByRole('row', { name: id }).getByText('deleted', { exact: true }).waitFor();
  const asked = { ImportTaskIds: [id] };
  const found = await imago.ec2().send(new DescribeImportSnapshotTasksCommand(asked));
  assert.equal(found.ImportSnapshotTasks?.[0]?.SnapshotTaskDetail?.Status, 'deleted');
});

test('a file that is dropped again after its tab was closed goes on with its import', async () => {
  const { page: closed } = await signedIn(() => Number.NEGATIVE_INFINITY);
  await drop(closed, 'again.raw');
  await confirm(closed, dialog.do);
  await closed.locator('.upload').getByText(text.states.reading).waitFor();
  await closed.context().close();
  const { page } = await signedIn(() => 1000);
  await drop(page, 'again.raw');
  await dialogOf(page).getByLabel(dialog.snapshot).check();
  await confirm(page, dialog.do);
  await page.locator('.upload').getByText(text.states.done).waitFor();
  const found = await imago.ec2().send(new DescribeImportSnapshotTasksCommand({}));
  const details = found.ImportSnapshotTasks?.map(({ SnapshotTaskDetail: detail }) => detail);
  const own = details?.filter((detail) => detail?.Description === 'again.raw');
  assert.deepEqual(
    own?.map((detail) => detail?.Status),
    ['completed'],
  );
});
