/**
 * Accounts: what they are called, what they belong to, who may change them. A disabled account can
 * ask for nothing; what it has, instances among it, stays as it is. The first are made in
 * first-account.ts, keys are in access-keys.ts, and the end of an account is account-removal.ts.
 */
import { randomInt } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { AccountRow } from '../catalog/rows/account.ts';
import type { Clock } from './identity.ts';

/**
 * The account of the provider, which owns the images built here and has no keys: nobody signs in as
 * it. It is Debian's on EC2, with its alias, so that existing templates find these images under the
 * owner they name.
 */
export const providerAccount = { id: '136693071363', name: 'provider', alias: 'amazon' };

/**
 * The account that owns the images of the marketplace's products, with EC2's id and alias: made
 * when the first of them is published. No other account can have its name.
 */
export const marketplaceAccount = {
  id: '679593333241',
  name: 'the marketplace',
  alias: 'aws-marketplace',
};

/** Twelve digits; no leading zero, which spreadsheets and shells lose. */
const accountIdMin = 100_000_000_000;
const accountIdMax = 999_999_999_999;
const idPattern = /^\d{12}$/;

/** Also the name of a file, on the command line. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;

/** AWS's form of the ids, and its limit of units in units. */
const organizationPathPattern =
  /^o-[a-z0-9]{10,32}\/r-[0-9a-z]{4,32}(\/ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}){0,5}$/;

/** A row with an id that no account has. */
export async function freeAccount(
  { accounts }: CatalogReader,
  account: Omit<AccountRow, 'id' | 'createdAt'>,
  clock: Clock,
): Promise<AccountRow> {
  for (;;) {
    const id = String(randomInt(accountIdMin, accountIdMax));
    if (await accounts.get(id)) continue;
    return { ...account, id, createdAt: clock.now().toISOString() };
  }
}

/** Its row alone: a key and default networks are its maker's to add. */
export async function makeAccount(
  transaction: CatalogTransaction,
  account: Pick<AccountRow, 'name' | 'operator' | 'organizationPath'>,
  clock: Clock,
): Promise<AccountRow> {
  await checkName(transaction, account.name);
  const row = await freeAccount(transaction, account, clock);
  await transaction.accounts.insert(row);
  return row;
}

export interface AccountChange {
  name?: string;
  operator?: boolean;
  organizationPath?: string;
  disabled?: boolean;
}

/** What is absent stays as it is. Nobody takes from himself what he would need to undo it. */
export async function changeAccount(
  transaction: CatalogTransaction,
  caller: { account: string },
  row: AccountRow,
  change: AccountChange,
): Promise<AccountRow> {
  checkIsCustomer(row);
  if (row.id === caller.account && (change.disabled || change.operator === false)) {
    throw notPermitted('An account can neither be disabled by itself nor give up its own rights.');
  }
  if (change.name !== undefined && change.name !== row.name) {
    await checkName(transaction, change.name);
  }
  const { name = row.name, organizationPath = row.organizationPath } = change;
  const { operator = row.operator, disabled = row.disabled } = change;
  return transaction.accounts.update({
    ...row,
    name,
    organizationPath: organizationPath || undefined,
    operator: operator || undefined,
    disabled: disabled || undefined,
  });
}

/** By its id or its name. */
export async function requiredAccount(
  { accounts }: CatalogReader,
  account: string,
): Promise<AccountRow> {
  const [row] = idPattern.test(account)
    ? [await accounts.get(account)]
    : await accounts.list({ where: { name: account } });
  if (row) return row;
  throw new ServiceError('NoSuchEntity', `The account '${account}' does not exist.`);
}

/** Not one of Imago's own, such as the provider's, which the operator acts for. */
export function isCustomer({ id }: Pick<AccountRow, 'id'>): boolean {
  return id !== providerAccount.id && id !== marketplaceAccount.id;
}

export function checkIsCustomer(row: AccountRow): void {
  if (isCustomer(row)) return;
  throw notPermitted(`The account of ${row.name} belongs to Imago: it has no keys, and stays.`);
}

async function checkName({ accounts }: CatalogReader, name: string): Promise<void> {
  if (!namePattern.test(name) || idPattern.test(name)) {
    throw new ServiceError(
      'InvalidParameterValue',
      "The name of an account has 1 to 50 letters, digits, '.', '_' and '-', begins with a letter or a digit, and is not of twelve digits.",
    );
  }
  const [other] = await accounts.list({ where: { name } });
  if (!other) return;
  throw new ServiceError('EntityAlreadyExists', `Account ${other.id} has the name '${name}'.`);
}

/** AWS writes such a path with a slash at its end as well. */
export function checkedOrganizationPath(text: string): string {
  const path = text.replace(/\/$/, '');
  if (organizationPathPattern.test(path)) return path;
  throw new ServiceError(
    'InvalidParameterValue',
    `'${text}' is not the place of an account in an organization: o-…/r-…, then up to five units ou-…, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111.`,
  );
}

/**
 * What the account belongs to, and may be shared with by: its organization `o-…`, and each unit on
 * its path as `o-…/ou-…`.
 */
export function groupsOf({ organizationPath }: Pick<AccountRow, 'organizationPath'>): string[] {
  if (organizationPath === undefined) return [];
  const [organization = '', _root, ...units] = organizationPath.split('/');
  return [organization, ...units.map((unit) => `${organization}/${unit}`)];
}

export function notPermitted(message: string): ServiceError {
  return new ServiceError('OperationNotPermitted', message);
}

/** Of the account itself: there are no users and roles below it. */
export function accountArn(account: string): string {
  return `arn:aws:iam::${account}:root`;
}
