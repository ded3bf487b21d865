import type {
  GetParameterHistoryRequest,
  GetParameterHistoryResult,
} from '../../../api/generated/ssm-types.ts';
import { cutPage } from '../../domain/pages.ts';
import { parameterHistoryOf, parameterPage } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';
import { eitherWay, parameterHistory } from '../shapes/parameters.ts';

const action = 'GetParameterHistory';
/** The service's. */
const pageMax = 50;

/** Oldest first. */
export const getParameterHistory: Operation<GetParameterHistoryRequest, GetParameterHistoryResult> =
  {
    accepts: ['Name', 'MaxResults', 'NextToken'],
    fixed: { WithDecryption: eitherWay },
    async run(input, { catalog, caller, clock }) {
      const page = parameterPage(input, { ...caller, action }, pageMax);
      return catalog.read(async (reader) => {
        const { versions, account } = await parameterHistoryOf(
          reader,
          caller,
          input.Name,
          clock.now(),
        );
        const { rows, nextToken } = cutPage(versions, page);
        const Parameters = rows.map((each) => parameterHistory(each, account));
        return { Parameters, NextToken: nextToken };
      });
    },
  };
