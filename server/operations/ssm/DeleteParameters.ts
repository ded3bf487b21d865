import type {
  DeleteParametersRequest,
  DeleteParametersResult,
} from '../../../api/generated/ssm-types.ts';
import { parameterRowId } from '../../catalog/rows/parameter.ts';
import { deleteParameterRow } from '../../domain/parameter-changes.ts';
import { validation } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';

/** The service's. */
const namesMax = 10;

export const deleteParameters: Operation<DeleteParametersRequest, DeleteParametersResult> = {
  accepts: ['Names'],
  async run({ Names }, { catalog, caller }) {
    if (Names.length < 1 || Names.length > namesMax) {
      throw validation(`Names has from 1 to ${namesMax} entries.`);
    }
    return catalog.write(async (transaction) => {
      const answer = { DeletedParameters: [], InvalidParameters: [] };
      const { DeletedParameters, InvalidParameters }: Required<DeleteParametersResult> = answer;
      for (const name of new Set(Names)) {
        const row = await transaction.parameters.get(parameterRowId(caller, name));
        if (row) await deleteParameterRow(transaction, row);
        (row ? DeletedParameters : InvalidParameters).push(name);
      }
      return answer;
    });
  },
};
