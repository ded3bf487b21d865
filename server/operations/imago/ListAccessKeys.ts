import type { ListAccessKeysResult, OwnAccountRequest } from '../../../api/imago-accounts.ts';
import { accountOfCaller } from '../../domain/access-keys.ts';
import type { Operation } from '../operation.ts';
import { accessKeyShape } from '../shapes/accounts.ts';

/** Without their secrets. No pages: there are two of an account at most. */
export const listAccessKeys: Operation<OwnAccountRequest, ListAccessKeysResult> = {
  accepts: ['Account'],
  async run({ Account: named }, { catalog, caller }) {
    const rows = await catalog.read(async (reader) => {
      const { id: account } = await accountOfCaller(reader, caller, named);
      return reader.credentials.list({ where: { account } });
    });
    return { AccessKeys: rows.map(accessKeyShape) };
  },
};
