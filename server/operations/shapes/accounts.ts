/** Accounts and access keys as Imago's own service shows them. */
import type { AccessKey, Account } from '../../../api/imago-accounts.ts';
import type { AccountRow, CredentialRow } from '../../catalog/rows/account.ts';

export function accountShape(row: AccountRow): Account {
  return {
    AccountId: row.id,
    Name: row.name,
    Alias: row.alias,
    Operator: row.operator ?? false,
    Status: row.disabled ? 'Disabled' : 'Active',
    OrganizationPath: row.organizationPath,
    CreateDate: new Date(row.createdAt),
  };
}

/** Without its secret, which is told once. */
export function accessKeyShape(row: CredentialRow): AccessKey {
  return {
    AccessKeyId: row.id,
    AccountId: row.account,
    Status: row.disabled ? 'Inactive' : 'Active',
    CreateDate: new Date(row.createdAt),
  };
}

export function newAccessKeyShape(row: CredentialRow): AccessKey {
  return { ...accessKeyShape(row), SecretAccessKey: row.secretAccessKey };
}
