import type { RetireGrantRequest, RetireGrantResult } from '../../../api/generated/kms-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { mayRetire, parseGrantToken } from '../../domain/kms-grants.ts';
import { invalidInput } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const retireGrant: Operation<RetireGrantRequest, RetireGrantResult> = {
  accepts: ['GrantToken', 'KeyId', 'GrantId'],
  async run(input, { catalog, caller }) {
    const { keyId, grantId } = grantOf(input);
    return catalog.write(async ({ kmsGrants }) => {
      const row = await kmsGrants.get(grantId);
      const isSeen = row?.keyId === keyId && row.region === caller.region;
      // Who may not retire it is not told whether it is there.
      if (!isSeen || !mayRetire(row, caller.account)) {
        throw new ServiceError('NotFoundException', 'The grant does not exist.');
      }
      await kmsGrants.delete(row.id);
      return {};
    });
  },
};

/** By its token, or by the ARN of the key and its id. */
function grantOf({ GrantToken, KeyId, GrantId }: RetireGrantRequest) {
  const isNamed = KeyId !== undefined && GrantId !== undefined;
  if ((GrantToken === undefined) !== isNamed || (KeyId === undefined) !== (GrantId === undefined)) {
    throw invalidInput('A grant is named by its GrantToken, or by KeyId and GrantId.');
  }
  if (GrantToken !== undefined) return parseGrantToken(GrantToken);
  const [, keyId] = /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/(.+)$/.exec(KeyId ?? '') ?? [];
  if (keyId === undefined) {
    throw new ServiceError('InvalidArnException', `'${KeyId}' is no ARN of a key.`);
  }
  return { keyId, grantId: GrantId ?? '' };
}
