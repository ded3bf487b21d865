/**
 * An operator's images for all, in the console: one is built of its recipe, one pulled from a vendor
 * that is the test's, one published and retired. Held against what the API says afterwards.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { providerText, vendorText } from '../../console/src/text/operator.ts';
import { requiredVendorImage } from '../../server/domain/vendor-images.ts';
import { bootable, qcow2Of } from '../../server/vendor-images/test-disks.ts';
import { TestKey, TestVendor, temporaryFolder } from '../../server/vendor-images/test-vendor.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import {
  button,
  type ConsoleBrowser,
  clientOf,
  confirm,
  dialogOf,
  goTo,
  openBrowser,
  openSignedIn,
} from './browser.ts';
import { ownImage } from './world.ts';

/** A build fetches and installs packages. */
const buildMs = 300_000;
const entry = requiredVendorImage('alpine-3.24');
const folder = temporaryFolder('console-vendor');

let imago: ImagoProcess;
let browser: ConsoleBrowser;
let vendor: TestVendor;
let page: Page;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  browser = await openBrowser();
  vendor = await TestVendor.start();
  ({ page } = await openSignedIn(browser, imago));
  await goTo(page, '#/operator?tab=provider');
});
after(async () => {
  await browser?.close();
  await vendor?.[Symbol.asyncDispose]();
  await imago?.dispose();
});

const providers = async (name: string) =>
  (await clientOf(imago).imago('ListProviderImages', {})).Images.filter(
    ({ Name }) => Name === name,
  );

/** How the task goes that was just begun. */
const progress = (title: string) => page.getByRole('heading', { name: title });

test('a recipe is built under the eyes of the operator, and is the next version', async () => {
  const { length } = await providers('micro');
  await button(page, providerText.build('micro')).click();
  await progress(providerText.builds('micro')).getByText('running').waitFor();
  await progress(providerText.builds('micro')).getByText('succeeded').waitFor({ timeout: buildMs });
  const images = await providers('micro');
  assert.equal(images.length, length + 1);
  const newest = images.toSorted((a, b) => b.Version - a.Version)[0];
  await page.getByRole('row').filter({ hasText: newest?.ImageId }).waitFor();
});

test('a vendor’s image is pulled with its keyring, and is the provider’s', async () => {
  const image = qcow2Of(bootable());
  using key = new TestKey();
  const keyring = path.join(folder, 'alpine.asc');
  writeFileSync(keyring, key.armoured());
  const sha512 = createHash('sha512').update(image).digest('hex');
  vendor.files.set(entry.file, image);
  vendor.files.set(entry.checksums, Buffer.from(`${sha512}  ${entry.file}\n`));
  vendor.files.set(entry.signature?.file ?? '', key.detached(image));
  const row = page.getByRole('row').filter({ hasText: entry.name });
  await button(row, vendorText.pull).click();
  await dialogOf(page).getByLabel(vendorText.from).fill(vendor.folder);
  await dialogOf(page).getByLabel(vendorText.keyring).setInputFiles(keyring);
  await confirm(page, vendorText.pullNow);
  await progress(vendorText.pulls(entry.name)).getByText('succeeded').waitFor();
  const { ImageId = '' } = await providerImage(imago.ec2(), `${entry.name}-amd64-*`);
  await page.getByRole('link', { name: ImageId }).waitFor();
  // What is signed by nobody cannot be asked for, and says why.
  const unsigned = page.getByRole('row').filter({ hasText: vendorText.verification.unsigned });
  const pull = button(unsigned.first(), vendorText.pull);
  assert.match((await pull.getAttribute('title')) ?? '', /signs neither/);
});

test('an image of the operator’s is published for all under a name, and retired', async () => {
  const ImageId = await ownImage(imago, 'to-be-provided');
  await button(page, providerText.publish).click();
  await dialogOf(page).getByLabel(providerText.columns.image).fill(ImageId);
  await dialogOf(page).getByLabel(providerText.columns.name).fill('house');
  await confirm(page, providerText.publishNow);
  const row = page.getByRole('row').filter({ hasText: 'house' });
  await button(row, providerText.retire).click();
  await row.getByText(providerText.retired, { exact: true }).waitFor();
  const [published] = await providers('house');
  assert.equal(published?.Retired, true);
});
