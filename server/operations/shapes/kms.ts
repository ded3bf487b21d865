/** Keys, aliases and grants as kms shows them. */
import type {
  AliasListEntry,
  GrantListEntry,
  KeyMetadata,
  Tag,
} from '../../../api/generated/kms-types.ts';
import type { KmsAliasRow, KmsGrantRow, KmsKeyRow } from '../../catalog/rows/kms.ts';
import { accountArn } from '../../domain/accounts.ts';
import { aliasArn } from '../../domain/kms-aliases.ts';
import { keyArn } from '../../domain/kms-keys.ts';

export const symmetric = 'SYMMETRIC_DEFAULT';

export function keyMetadata(row: KmsKeyRow): KeyMetadata {
  const { state, deletionAt } = row;
  return {
    AWSAccountId: row.account,
    KeyId: row.id,
    Arn: keyArn(row),
    CreationDate: new Date(row.createdAt),
    Enabled: state === 'Enabled',
    Description: row.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: state,
    DeletionDate: deletionAt === undefined ? undefined : new Date(deletionAt),
    Origin: 'AWS_KMS',
    KeyManager: row.manager,
    CustomerMasterKeySpec: symmetric,
    KeySpec: symmetric,
    EncryptionAlgorithms: [symmetric],
    MultiRegion: false,
  };
}

export function aliasEntry(row: KmsAliasRow): AliasListEntry {
  return {
    AliasName: row.name,
    AliasArn: aliasArn(row),
    TargetKeyId: row.keyId,
    CreationDate: new Date(row.createdAt),
    LastUpdatedDate: new Date(row.updatedAt),
  };
}

export function grantEntry(row: KmsGrantRow): GrantListEntry {
  const { account, region, keyId, retiring } = row;
  return {
    KeyId: keyArn({ account, region, id: keyId }),
    GrantId: row.id,
    Name: row.name ?? '',
    CreationDate: new Date(row.createdAt),
    GranteePrincipal: accountArn(row.grantee),
    RetiringPrincipal: retiring === undefined ? undefined : accountArn(retiring),
    IssuingAccount: accountArn(row.issuer),
    Operations: row.operations,
  };
}

export function tagEntries(tags: Record<string, string>): Tag[] {
  return Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
}
