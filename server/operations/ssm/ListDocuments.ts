import type {
  ListDocumentsRequest,
  ListDocumentsResult,
} from '../../../api/generated/ssm-types.ts';
import type { DocumentRow } from '../../catalog/rows/document.ts';
import { readShownPage } from '../../domain/pages.ts';
import { parameterPage, validation } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';
import { documentIdentifier } from '../shapes/documents.ts';

const action = 'ListDocuments';
/** The service's. */
const pageMax = 50;
const filtersMax = 6;

/** One's own: there are none of AWS's, and none are shared. */
export const listDocuments: Operation<ListDocumentsRequest, ListDocumentsResult> = {
  accepts: ['Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const page = parameterPage(input, { ...caller, action }, pageMax);
    const filters = (input.Filters ?? []).map(({ Key = '', Values = [] }) => filterOf(Key, Values));
    if (filters.length > filtersMax) throw validation(`There are at most ${filtersMax} filters.`);
    const { account, region } = caller;
    return catalog.read(async ({ documents }) => {
      const { shown, nextToken } = await readShownPage(
        documents,
        { account, region },
        page,
        (row) => (filters.every((matches) => matches(row)) ? documentIdentifier(row) : undefined),
      );
      return { DocumentIdentifiers: shown, NextToken: nextToken };
    });
  },
};

function filterOf(key: string, values: readonly string[]): (row: DocumentRow) => boolean {
  const has = (value: string) => values.includes(value);
  if (key === 'Name') return ({ name }) => values.some((each) => name.startsWith(each));
  if (key === 'Owner') return () => has('Self') || has('All') || has('Private');
  if (key === 'DocumentType') return () => has('Command');
  if (key === 'PlatformTypes') return () => has('Linux');
  if (key === 'TargetType') return ({ targetType }) => has(targetType ?? '');
  if (key.startsWith('tag:')) {
    const tag = key.slice('tag:'.length);
    return ({ tags }) => Object.hasOwn(tags, tag) && has(tags[tag] ?? '');
  }
  throw validation(`The filter '${key}' is not known.`);
}
