import type { CreateGrantRequest, CreateGrantResult } from '../../../api/generated/kms-types.ts';
import { checkGrantTokens, createGrant as create, grantToken } from '../../domain/kms-grants.ts';
import { checkUsable, invalidInput, requiredKeyFor } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';
import { accountOf, checkedOperations } from '../requests/kms.ts';

export const createGrant: Operation<CreateGrantRequest, CreateGrantResult> = {
  accepts: ['KeyId', 'GranteePrincipal', 'RetiringPrincipal', 'Operations', 'Name', 'GrantTokens'],
  async run(input, { catalog, caller, clock }) {
    const { GranteePrincipal: grantee, RetiringPrincipal: retiring } = input;
    checkGrantTokens(input.GrantTokens);
    if (grantee === undefined) throw invalidInput('A grant names its GranteePrincipal.');
    const asked = {
      grantee: accountOf(grantee),
      retiring: retiring === undefined ? undefined : accountOf(retiring),
      operations: checkedOperations(input.Operations),
      name: input.Name,
    };
    return catalog.write(async (transaction) => {
      const now = clock.now();
      const key = await requiredKeyFor(transaction, caller, input.KeyId, 'CreateGrant', now);
      checkUsable(key);
      const row = await create(transaction, caller, key, asked, now);
      return { GrantId: row.id, GrantToken: grantToken(row) };
    });
  },
};
