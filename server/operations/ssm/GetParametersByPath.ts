import type {
  GetParametersByPathRequest,
  GetParametersByPathResult,
} from '../../../api/generated/ssm-types.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import { cutPage, type Page, pageOfStream } from '../../domain/pages.ts';
import { byPathFilter } from '../../domain/parameter-filters.ts';
import {
  checkedPath,
  type FoundParameter,
  isRightBelow,
  parameterPage,
  parametersBelow,
  publicShown,
  validation,
} from '../../domain/parameters.ts';
import { publicParameters, publicRoot } from '../../domain/public-parameters.ts';
import type { Owner } from '../../domain/viewer.ts';
import type { Operation } from '../operation.ts';
import { eitherWay, foundParameter, parameterShape } from '../shapes/parameters.ts';

const action = 'GetParametersByPath';
/** The service's. */
const pageMax = 10;

export const getParametersByPath: Operation<GetParametersByPathRequest, GetParametersByPathResult> =
  {
    accepts: ['Path', 'Recursive', 'ParameterFilters', 'MaxResults', 'NextToken'],
    fixed: { WithDecryption: eitherWay },
    async run(input, { catalog, caller, clock }) {
      const path = checkedPath(input.Path);
      const page = parameterPage(input, { ...caller, action }, pageMax);
      const isPublic = path.startsWith(publicRoot);
      if (isPublic && input.ParameterFilters?.length) {
        throw validation('Public parameters are not filtered.');
      }
      const matches = byPathFilter(input.ParameterFilters);
      const isWanted = (name: string) => input.Recursive === true || isRightBelow(path, name);
      return catalog.read(async (reader) => {
        if (isPublic) return publicPage(reader, caller, path, page, isWanted, clock.now());
        const rows = parametersBelow(reader, caller, path, page.after);
        const { shown, nextToken } = await pageOfStream(rows, page, (row) =>
          isWanted(row.name) && matches(row) ? parameterShape(foundParameter(row)) : undefined,
        );
        return { Parameters: shown, NextToken: nextToken };
      });
    },
  };

async function publicPage(
  reader: CatalogReader,
  { region }: Owner,
  path: string,
  page: Page,
  isWanted: (name: string) => boolean,
  now: Date,
): Promise<GetParametersByPathResult> {
  const all = await publicParameters(reader, region, now);
  const below = all.filter(({ name }) => name.startsWith(path) && isWanted(name));
  const found = below.map((each): FoundParameter => publicShown(each, each.newest, region));
  const { rows, nextToken } = cutPage(found, page);
  return { Parameters: rows.map((each) => parameterShape(each)), NextToken: nextToken };
}
