import type { GetParameterRequest, GetParameterResult } from '../../../api/generated/ssm-types.ts';
import { requiredParameter } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';
import { eitherWay, parameterShape } from '../shapes/parameters.ts';

export const getParameter: Operation<GetParameterRequest, GetParameterResult> = {
  accepts: ['Name'],
  fixed: { WithDecryption: eitherWay },
  run: ({ Name }, { catalog, caller, clock }) =>
    catalog.read(async (reader) => {
      const found = await requiredParameter(reader, caller, Name, clock.now());
      return { Parameter: parameterShape(found, found.selector) };
    }),
};
