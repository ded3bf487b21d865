import type {
  LabelParameterVersionRequest,
  LabelParameterVersionResult,
} from '../../../api/generated/ssm-types.ts';
import { labelVersion } from '../../domain/parameter-changes.ts';
import { requiredOwnParameter } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';

export const labelParameterVersion: Operation<
  LabelParameterVersionRequest,
  LabelParameterVersionResult
> = {
  accepts: ['Name', 'ParameterVersion', 'Labels'],
  run: ({ Name, ParameterVersion: number, Labels: labels }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await requiredOwnParameter(transaction, caller, Name);
      const done = await labelVersion(transaction, row, { number, labels });
      return { InvalidLabels: done.invalid, ParameterVersion: done.number };
    }),
};
