import type { RevokeGrantRequest, RevokeGrantResult } from '../../../api/generated/kms-types.ts';
import { requiredGrant } from '../../domain/kms-grants.ts';
import { requiredOwnKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const revokeGrant: Operation<RevokeGrantRequest, RevokeGrantResult> = {
  accepts: ['KeyId', 'GrantId'],
  run: ({ KeyId, GrantId }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const key = await requiredOwnKey(transaction, caller, KeyId, clock.now());
      const { id } = await requiredGrant(transaction, key.id, GrantId);
      await transaction.kmsGrants.delete(id);
      return {};
    }),
};
