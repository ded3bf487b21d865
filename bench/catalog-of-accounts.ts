/**
 * A home with many accounts of 1,000 images each, for benches of what an account pays for all the
 * others: all use the same names, 1 % of the images are public, 1 % are shared with another account
 * or with an organization. Written through the catalog's port, many rows a transaction.
 */
import type { Catalog, CatalogTransaction } from '../server/catalog/catalog.ts';
import type { CredentialRow } from '../server/catalog/rows/account.ts';
import type { ImageRow } from '../server/catalog/rows/image.ts';
import { instance } from '../server/catalog/test-rows.ts';
import { providerAccount } from '../server/domain/accounts.ts';
import { ensureFirstAccount } from '../server/domain/first-account.ts';
import {
  identity,
  imageId,
  imageName,
  imageRow,
  region,
  snapshotRow,
} from './catalog-of-images.ts';

const imagesOfAccount = 1000;
/** Ids are spread over all pages of the file: fewer commits write each of them less often. */
const accountsAtATime = 50;
const publicEach = 100;
const failedEach = 250;
const instanceEach = 10;

const organization = 'o-a1b2c3d4e5';
const organizationPath = `${organization}/r-ab12/ou-ab12-11111111/ou-ab12-22222222`;
const organizationArn = `arn:aws:organizations::111122223333:organization/${organization}`;

/** The first of all is the caller, the second the provider. */
export function accountId(index: number, caller: string): string {
  if (index === 0) return caller;
  return index === 1 ? providerAccount.id : String(300_000_000_000 + index);
}

/** The credential of the first account. */
export async function fillAccounts(catalog: Catalog, count: number): Promise<CredentialRow> {
  const credential = await ensureFirstAccount(catalog, identity);
  const { account: caller } = credential;
  await catalog.write(async ({ accounts }) => {
    const row = await accounts.get(caller);
    if (row) await accounts.update({ ...row, organizationPath });
  });
  const accountCount = count / imagesOfAccount;
  for (let first = 0; first < accountCount; first += accountsAtATime) {
    await catalog.write(async (transaction) => {
      const end = Math.min(first + accountsAtATime, accountCount);
      for (let index = first; index < end; index++) {
        const account = accountId(index, caller);
        const next = accountId((index + 1) % accountCount, caller);
        await fillAccount(transaction, index, account, next);
      }
    });
  }
  return credential;
}

async function fillAccount(
  { accounts, images, instances, snapshots }: CatalogTransaction,
  index: number,
  account: string,
  next: string,
): Promise<void> {
  if (index > 1) {
    const { createdAt } = imageRow(0, account);
    await accounts.insert({ id: account, name: `account-${index}`, createdAt });
  }
  for (let of = 0; of < imagesOfAccount; of++) {
    const number = index * imagesOfAccount + of;
    const state = of % failedEach === 2 ? 'failed' : 'available';
    const ownerAlias = account === providerAccount.id ? providerAccount.alias : undefined;
    const launchPermissions = permissionsOf(of, next);
    const change = { name: imageName(of), state, launchPermissions, ownerAlias } as const;
    const row: ImageRow = { ...imageRow(number, account), ...change };
    await images.insert({ ...row, tags: { ...row.tags, Name: imageName(of) } });
    const createVolumePermissions = launchPermissions.filter((each) => !each.startsWith('arn:'));
    await snapshots.insert({ ...snapshotRow(number, account), createVolumePermissions });
    if (of % instanceEach > 0) continue;
    const machine = { account, region, state: 'stopped', imageId: imageId(number) } as const;
    await instances.insert(instance(imageId(number).replace('ami', 'i'), machine));
  }
}

function permissionsOf(of: number, next: string): string[] {
  if (of % publicEach === 0) return ['all'];
  if (of % publicEach !== 1) return [];
  return of % (2 * publicEach) === 1 ? [next] : [organizationArn];
}
