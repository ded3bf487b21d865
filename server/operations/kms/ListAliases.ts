import type { ListAliasesRequest, ListAliasesResult } from '../../../api/generated/kms-types.ts';
import { requiredOwnKey } from '../../domain/kms-keys.ts';
import { readShownPage } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { marked, markedPage } from '../requests/kms.ts';
import { aliasEntry } from '../shapes/kms.ts';

const limits = { usual: 50, max: 100 };

export const listAliases: Operation<ListAliasesRequest, ListAliasesResult> = {
  accepts: ['KeyId', 'Limit', 'Marker'],
  async run(input, { catalog, caller, clock }) {
    const { account, region } = caller;
    const page = markedPage(input, { account, region, action: 'ListAliases' }, limits);
    return catalog.read(async (reader) => {
      const keyId =
        input.KeyId === undefined
          ? undefined
          : (await requiredOwnKey(reader, caller, input.KeyId, clock.now())).id;
      const where = { account, region, keyId };
      const { shown, nextToken } = await readShownPage(reader.kmsAliases, where, page, aliasEntry);
      return { Aliases: shown, ...marked(nextToken) };
    });
  },
};
