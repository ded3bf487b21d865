import type { ListKeysRequest, ListKeysResult } from '../../../api/generated/kms-types.ts';
import { keyArn } from '../../domain/kms-keys.ts';
import { readShownPage } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { marked, markedPage } from '../requests/kms.ts';

const limits = { usual: 100, max: 1000 };

export const listKeys: Operation<ListKeysRequest, ListKeysResult> = {
  accepts: ['Limit', 'Marker'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = markedPage(input, { account, region, action: 'ListKeys' }, limits);
    const { shown, nextToken } = await catalog.read(({ kmsKeys }) =>
      readShownPage(kmsKeys, { account, region }, page, (row) => ({
        KeyId: row.id,
        KeyArn: keyArn(row),
      })),
    );
    return { Keys: shown, ...marked(nextToken) };
  },
};
