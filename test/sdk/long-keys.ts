/** For the paginators: keys of kms, and one with aliases, grants and tags, each more than a page. */
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';

const count = 12;
/** Accounts that nobody needs to have. */
const granteeOf = (number: number) => String(300_000_000_000 + number);

/** The id of the one, whose account may retire its grants. */
export async function makeLongKeys(kms: KMSClient): Promise<{ keyId: string; account: string }> {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const Tags = numbers.map((number) => ({ TagKey: `tag-${number}`, TagValue: `${number}` }));
  await Promise.all(numbers.map(() => kms.send(new CreateKeyCommand({}))));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags }));
  const { KeyId = '', AWSAccountId: account = '' } = KeyMetadata ?? {};
  const TargetKeyId = KeyId;
  for (const number of numbers) {
    await kms.send(new CreateAliasCommand({ AliasName: `alias/pages-${number}`, TargetKeyId }));
    const GranteePrincipal = granteeOf(number);
    const grant = { KeyId, GranteePrincipal, RetiringPrincipal: account };
    await kms.send(new CreateGrantCommand({ ...grant, Operations: ['Decrypt'] }));
  }
  return { keyId: KeyId, account };
}
