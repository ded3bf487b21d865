/** The bill of the block stores as a picture and as a table, held against the API's figures. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bytes } from '../../console/src/parts/format.ts';
import { storageHistoryText, storageText as text } from '../../console/src/text/storage.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { Home } from '../../server/foundations/home.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { type ConsoleBrowser, clientOf, openBrowser, openSignedIn } from './browser.ts';
import { newAccount, ownImage } from './world.ts';

let imago: ImagoProcess;
let browser: ConsoleBrowser;
before(async () => {
  const home = await homeWith('micro');
  await recordDays(home);
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await imago?.dispose();
});

/** As Imago does once a day. */
async function recordDays(folder: string): Promise<void> {
  const catalog = await openSqliteCatalog(new Home(folder).catalogFile);
  await catalog.write(async ({ storageDays }) => {
    for (const [id, mib] of [
      ['2026-11-20', 100],
      ['2026-11-22', 300],
    ] as const) {
      const accounts = ['111111111111', '222222222222'].map((account, index) => ({
        ...{ account, storedBytes: (mib - index) * 2 ** 20, exclusiveBytes: 0 },
      }));
      const measuredAt = `${id}T10:00:00.000Z`;
      await storageDays.insert({ id, measuredAt, neededBytes: (mib + 1) * 2 ** 20, accounts });
    }
  });
  await catalog.close();
}

test('each thing has a box that says what it takes, and a row; both lead to it', async () => {
  const image = await ownImage(imago, 'of-mine');
  const friend = await newAccount(imago, 'friend');
  await ownImage(imago, 'of-a-friend', friend);
  const { page, complaints } = await openSignedIn(browser, imago, {
    route: '#/operator?tab=storage',
  });
  const map = page.locator('svg.treemap');
  const boxOf = (name: string) => map.getByRole('link', { name: new RegExp(`^${name}:`) });
  await boxOf('of-a-friend').waitFor();
  const usage = await clientOf(imago).imago('DescribeStorageUsage', {});
  const item = usage.Items?.find(({ Id }) => Id === image);
  assert.ok(item && item.SharedBytes > 0);
  const said = text.box('of-mine', bytes(item.ExclusiveBytes), bytes(item.SharedBytes));
  assert.equal(await boxOf('of-mine').locator('title').textContent(), said);
  assert.equal(await map.getByRole('link').count(), usage.Items?.length);
  const row = page.getByRole('row', { name: image });
  await row.getByText(bytes(item.StoredBytes), { exact: true }).first().waitFor();
  assert.equal(await boxOf('of-a-friend').getAttribute('href'), `#/operator/accounts/${friend.id}`);

  await page.getByLabel(text.by).selectOption('exclusive');
  await page.waitForURL(/by=exclusive/);
  const alone = usage.Items?.filter(({ ExclusiveBytes }) => ExclusiveBytes > 0) ?? [];
  await map.locator(`a:nth-of-type(${alone.length + 1})`).waitFor({ state: 'detached' });
  await page.getByLabel(text.by).selectOption('stored');
  await boxOf('of-mine').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`#/images/${image}`));
  assert.deepEqual(complaints, []);
});

test('its growth is drawn from what was recorded, of all accounts and of one', async () => {
  const { page } = await openSignedIn(browser, imago, { route: '#/operator?tab=storage' });
  const card = page.locator('.metric', { hasText: storageHistoryText.title });
  await card.getByText('301 MiB').waitFor();
  await card.locator('canvas').waitFor();
  await card.getByText(storageHistoryText.one('111111111111')).waitFor();
  await page.getByLabel(storageHistoryText.account).selectOption('222222222222');
  await card.getByText('299 MiB').waitFor();
});
