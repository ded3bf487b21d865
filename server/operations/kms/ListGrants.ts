import type { ListGrantsRequest, ListGrantsResult } from '../../../api/generated/kms-types.ts';
import { requiredGrant } from '../../domain/kms-grants.ts';
import { requiredOwnKey } from '../../domain/kms-keys.ts';
import { readShownPage } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { accountOf, marked, markedPage } from '../requests/kms.ts';
import { grantEntry } from '../shapes/kms.ts';

const limits = { usual: 50, max: 100 };

export const listGrants: Operation<ListGrantsRequest, ListGrantsResult> = {
  accepts: ['KeyId', 'GrantId', 'GranteePrincipal', 'Limit', 'Marker'],
  async run(input, { catalog, caller, clock }) {
    const { GrantId, GranteePrincipal } = input;
    const grantee = GranteePrincipal === undefined ? undefined : accountOf(GranteePrincipal);
    const page = markedPage(input, { ...caller, action: 'ListGrants' }, limits);
    return catalog.read(async (reader) => {
      const { id: keyId } = await requiredOwnKey(reader, caller, input.KeyId, clock.now());
      if (GrantId !== undefined) await requiredGrant(reader, keyId, GrantId);
      const where = { keyId, id: GrantId };
      const { shown, nextToken } = await readShownPage(reader.kmsGrants, where, page, (row) =>
        grantee === undefined || row.grantee === grantee ? grantEntry(row) : undefined,
      );
      return { Grants: shown, ...marked(nextToken) };
    });
  },
};
