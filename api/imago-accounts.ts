/**
 * The part of Imago's own contract (imago.ts) that is about accounts and their access keys: for
 * these AWS has other services, which know users and policies; here there is neither. `Account`
 * in a request is an account's id or its name.
 */
import type { ServiceModel } from './model.ts';

export const accountShapes = {
  Account: {
    members: {
      AccountId: 'string',
      Name: 'string',
      Alias: 'string',
      Operator: 'boolean',
      Status: 'string',
      OrganizationPath: 'string',
      CreateDate: 'timestamp',
    },
  },
  AccountList: { list: 'Account', xml: 'item' },
  AccessKey: {
    members: {
      AccessKeyId: 'string',
      AccountId: 'string',
      Status: 'string',
      CreateDate: 'timestamp',
      SecretAccessKey: 'string',
    },
  },
  AccessKeyList: { list: 'AccessKey', xml: 'item' },
  AccountResult: { members: { Account: 'Account' } },
  AccessKeyResult: { members: { AccessKey: 'AccessKey' } },
  AccountRequest: { members: { Account: 'string' }, required: ['Account'] },
  AccessKeyRequest: { members: { AccessKeyId: 'string' }, required: ['AccessKeyId'] },
  CreateAccountRequest: {
    members: { Name: 'string', Operator: 'boolean', OrganizationPath: 'string' },
    required: ['Name'],
  },
  CreateAccountResult: { members: { Account: 'Account', AccessKey: 'AccessKey' } },
  ListAccountsRequest: { members: { MaxResults: 'number', NextToken: 'string' } },
  ListAccountsResult: { members: { Accounts: 'AccountList', NextToken: 'string' } },
  OwnAccountRequest: { members: { Account: 'string' } },
  UpdateAccountRequest: {
    members: {
      Account: 'string',
      Name: 'string',
      Operator: 'boolean',
      OrganizationPath: 'string',
    },
    required: ['Account'],
  },
  ListAccessKeysResult: { members: { AccessKeys: 'AccessKeyList' } },
  UpdateAccessKeyRequest: {
    members: { AccessKeyId: 'string', Status: 'string' },
    required: ['AccessKeyId', 'Status'],
  },
} as const satisfies ServiceModel['shapes'];

export const accountOperations = {
  CreateAccount: {
    input: 'CreateAccountRequest',
    output: 'CreateAccountResult',
    http: { status: 201 },
  },
  ListAccounts: {
    input: 'ListAccountsRequest',
    output: 'ListAccountsResult',
    http: { input: { MaxResults: 'query maxResults', NextToken: 'query nextToken' } },
  },
  DescribeAccount: {
    input: 'OwnAccountRequest',
    output: 'AccountResult',
    http: { input: { Account: 'query account' } },
  },
  UpdateAccount: {
    input: 'UpdateAccountRequest',
    output: 'AccountResult',
    http: { input: { Account: 'label' } },
  },
  DisableAccount: {
    input: 'AccountRequest',
    output: 'AccountResult',
    http: { input: { Account: 'label' } },
  },
  EnableAccount: {
    input: 'AccountRequest',
    output: 'AccountResult',
    http: { input: { Account: 'label' } },
  },
  DeleteAccount: { input: 'AccountRequest', http: { input: { Account: 'label' } } },
  CreateAccessKey: {
    input: 'OwnAccountRequest',
    output: 'AccessKeyResult',
    http: { status: 201 },
  },
  ListAccessKeys: {
    input: 'OwnAccountRequest',
    output: 'ListAccessKeysResult',
    http: { input: { Account: 'query account' } },
  },
  UpdateAccessKey: {
    input: 'UpdateAccessKeyRequest',
    output: 'AccessKeyResult',
    http: { input: { AccessKeyId: 'label' } },
  },
  DeleteAccessKey: { input: 'AccessKeyRequest', http: { input: { AccessKeyId: 'label' } } },
} as const satisfies ServiceModel['operations'];

export const accountRoutes = {
  CreateAccount: 'POST /imago/accounts',
  ListAccounts: 'GET /imago/accounts',
  DescribeAccount: 'GET /imago/account',
  UpdateAccount: 'PATCH /imago/accounts/{Account}',
  DisableAccount: 'POST /imago/accounts/{Account}/disable',
  EnableAccount: 'POST /imago/accounts/{Account}/enable',
  DeleteAccount: 'DELETE /imago/accounts/{Account}',
  CreateAccessKey: 'POST /imago/keys',
  ListAccessKeys: 'GET /imago/keys',
  UpdateAccessKey: 'PATCH /imago/keys/{AccessKeyId}',
  DeleteAccessKey: 'DELETE /imago/keys/{AccessKeyId}',
} as const;

export interface Account {
  /** Twelve digits. */
  AccountId: string;
  Name: string;
  /** Of its images, such as `amazon`. */
  Alias?: string;
  /** May ask for what concerns the whole of this Imago, accounts among it. */
  Operator: boolean;
  Status: 'Active' | 'Disabled';
  /** Such as `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111`. */
  OrganizationPath?: string;
  CreateDate: Date;
}

export interface AccessKey {
  AccessKeyId: string;
  AccountId: string;
  Status: 'Active' | 'Inactive';
  CreateDate: Date;
  /** Told once, when the key is created. */
  SecretAccessKey?: string;
}

export interface AccountResult {
  Account: Account;
}

export interface AccessKeyResult {
  AccessKey: AccessKey;
}

export interface AccountRequest {
  Account: string;
}

/** Without an account: the caller's own. */
export interface OwnAccountRequest {
  Account?: string;
}

export interface AccessKeyRequest {
  AccessKeyId: string;
}

export interface CreateAccountRequest {
  Name: string;
  Operator?: boolean;
  OrganizationPath?: string;
}

/** The account with its first key. */
export interface CreateAccountResult {
  Account: Account;
  AccessKey: AccessKey;
}

export interface ListAccountsRequest {
  MaxResults?: number;
  NextToken?: string;
}

export interface ListAccountsResult {
  Accounts: Account[];
  NextToken?: string;
}

/**
 * What is absent stays as it is; an empty OrganizationPath takes the account out of its
 * organization.
 */
export interface UpdateAccountRequest {
  Account: string;
  Name?: string;
  Operator?: boolean;
  OrganizationPath?: string;
}

export interface ListAccessKeysResult {
  AccessKeys: AccessKey[];
}

export interface UpdateAccessKeyRequest {
  AccessKeyId: string;
  Status: string;
}

export interface AccountInputs {
  CreateAccount: CreateAccountRequest;
  ListAccounts: ListAccountsRequest;
  DescribeAccount: OwnAccountRequest;
  UpdateAccount: UpdateAccountRequest;
  DisableAccount: AccountRequest;
  EnableAccount: AccountRequest;
  DeleteAccount: AccountRequest;
  CreateAccessKey: OwnAccountRequest;
  ListAccessKeys: OwnAccountRequest;
  UpdateAccessKey: UpdateAccessKeyRequest;
  DeleteAccessKey: AccessKeyRequest;
}

export interface AccountOutputs {
  CreateAccount: CreateAccountResult;
  ListAccounts: ListAccountsResult;
  DescribeAccount: AccountResult;
  UpdateAccount: AccountResult;
  DisableAccount: AccountResult;
  EnableAccount: AccountResult;
  DeleteAccount: Record<string, never>;
  CreateAccessKey: AccessKeyResult;
  ListAccessKeys: ListAccessKeysResult;
  UpdateAccessKey: AccessKeyResult;
  DeleteAccessKey: Record<string, never>;
}
