import type {
  DeleteParameterRequest,
  DeleteParameterResult,
} from '../../../api/generated/ssm-types.ts';
import { deleteParameterRow } from '../../domain/parameter-changes.ts';
import { requiredOwnParameter } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';

export const deleteParameter: Operation<DeleteParameterRequest, DeleteParameterResult> = {
  accepts: ['Name'],
  run: ({ Name }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await requiredOwnParameter(transaction, caller, Name);
      await deleteParameterRow(transaction, row);
      return {};
    }),
};
