import type {
  UnlabelParameterVersionRequest,
  UnlabelParameterVersionResult,
} from '../../../api/generated/ssm-types.ts';
import { unlabelVersion } from '../../domain/parameter-changes.ts';
import { requiredOwnParameter } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';

export const unlabelParameterVersion: Operation<
  UnlabelParameterVersionRequest,
  UnlabelParameterVersionResult
> = {
  accepts: ['Name', 'ParameterVersion', 'Labels'],
  run: ({ Name, ParameterVersion: number, Labels: labels }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await requiredOwnParameter(transaction, caller, Name);
      const { removed, invalid } = await unlabelVersion(transaction, row, { number, labels });
      return { RemovedLabels: removed, InvalidLabels: invalid };
    }),
};
