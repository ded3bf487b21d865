import type {
  GetParametersRequest,
  GetParametersResult,
} from '../../../api/generated/ssm-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import { requiredParameter, validation } from '../../domain/parameters.ts';
import type { Owner } from '../../domain/viewer.ts';
import type { Operation } from '../operation.ts';
import { eitherWay, parameterShape } from '../shapes/parameters.ts';

/** The service's. */
const namesMax = 10;
const missing = ['ParameterNotFound', 'ParameterVersionNotFound', 'ValidationException'];

/** What there is, in order of names, and the names of what there is not. */
export const getParameters: Operation<GetParametersRequest, GetParametersResult> = {
  accepts: ['Names'],
  fixed: { WithDecryption: eitherWay },
  async run({ Names }, { catalog, caller, clock }) {
    if (Names.length < 1 || Names.length > namesMax) {
      throw validation(`Names has from 1 to ${namesMax} entries.`);
    }
    return catalog.read(async (reader) => {
      const answer = { Parameters: [], InvalidParameters: [] } as Required<GetParametersResult>;
      for (const name of [...new Set(Names)].sort()) {
        const found = await ifThere(reader, caller, name, clock.now());
        if (found) answer.Parameters.push(parameterShape(found, found.selector));
        else answer.InvalidParameters.push(name);
      }
      return answer;
    });
  },
};

async function ifThere(reader: CatalogReader, caller: Owner, name: string, now: Date) {
  try {
    return await requiredParameter(reader, caller, name, now);
  } catch (error) {
    if (error instanceof ServiceError && missing.includes(error.code)) return undefined;
    throw error;
  }
}
