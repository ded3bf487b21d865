import type { DeleteAliasRequest, DeleteAliasResult } from '../../../api/generated/kms-types.ts';
import { deleteAlias as remove } from '../../domain/kms-aliases.ts';
import type { Operation } from '../operation.ts';

export const deleteAlias: Operation<DeleteAliasRequest, DeleteAliasResult> = {
  accepts: ['AliasName'],
  run: ({ AliasName }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      await remove(transaction, caller, AliasName);
      return {};
    }),
};
