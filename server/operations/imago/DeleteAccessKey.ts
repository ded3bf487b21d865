import type { AccessKeyRequest } from '../../../api/imago-accounts.ts';
import { deleteKey } from '../../domain/access-keys.ts';
import type { Operation } from '../operation.ts';

export const deleteAccessKey: Operation<AccessKeyRequest, Record<string, never>> = {
  accepts: ['AccessKeyId'],
  async run({ AccessKeyId: id }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      await deleteKey(transaction, caller, id);
    });
    return {};
  },
};
