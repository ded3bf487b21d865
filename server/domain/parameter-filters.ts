/** ParameterFilters: those of DescribeParameters, and the few of GetParametersByPath. */
import { ServiceError } from '../../api/service-error.ts';
import type { ParameterRow } from '../catalog/rows/parameter.ts';
import { checkedPath, isRightBelow } from './parameters.ts';

/** As it is sent. */
export interface ParameterFilter {
  Key: string;
  Option?: string;
  Values?: string[];
}

interface Values {
  options: readonly string[];
  of(row: ParameterRow): readonly string[];
}

type Matches = (row: ParameterRow) => boolean;

const textOptions = ['Equals', 'BeginsWith'];
const values: Record<string, Values> = {
  Name: { options: [...textOptions, 'Contains'], of: ({ name }) => [name] },
  Type: { options: textOptions, of: ({ content }) => [content.type] },
  DataType: { options: textOptions, of: ({ content }) => [content.dataType] },
  Tier: { options: textOptions, of: () => ['Standard'] },
  // Nothing is encrypted.
  KeyId: { options: textOptions, of: () => [] },
};

const labelled: Values = {
  options: ['Equals'],
  of: ({ labels, content }) =>
    Object.entries(labels).flatMap(([label, number]) => (number === content.number ? [label] : [])),
};

/** Of all filters each must match, with any of its values. */
export function describeFilter(filters: readonly ParameterFilter[] = []): Matches {
  return all(filters, (filter) => {
    if (filter.Key === 'Path') return pathFilter(filter);
    if (filter.Key.startsWith('tag:')) return tagFilter(filter);
    return valueFilter(filter, values);
  });
}

/** Of the newest versions, as the rest of what is answered. */
export function byPathFilter(filters: readonly ParameterFilter[] = []): Matches {
  const { Type, KeyId } = values as Record<'Type' | 'KeyId', Values>;
  return all(filters, (filter) => valueFilter(filter, { Type, KeyId, Label: labelled }));
}

function all(filters: readonly ParameterFilter[], one: (filter: ParameterFilter) => Matches) {
  const each = filters.map(one);
  return (row: ParameterRow) => each.every((matches) => matches(row));
}

function valueFilter(filter: ParameterFilter, known: Record<string, Values>): Matches {
  const found = Object.hasOwn(known, filter.Key) ? known[filter.Key] : undefined;
  if (!found) {
    throw new ServiceError('InvalidFilterKey', `The filter key ${filter.Key} is not valid.`);
  }
  const option = optionOf(filter, found.options);
  const wanted = valuesOf(filter);
  return (row) => found.of(row).some((value) => wanted.some((each) => test(option, value, each)));
}

function test(option: string, value: string, wanted: string): boolean {
  if (option === 'Equals') return value === wanted;
  return option === 'BeginsWith' ? value.startsWith(wanted) : value.includes(wanted);
}

function pathFilter(filter: ParameterFilter): Matches {
  const recursive = optionOf(filter, ['OneLevel', 'Recursive']) === 'Recursive';
  const paths = valuesOf(filter).map(checkedPath);
  return ({ name }) =>
    paths.some(
      (path) => (path === '/' || name.startsWith(path)) && (recursive || isRightBelow(path, name)),
    );
}

/** Without values: whatever it is. */
function tagFilter(filter: ParameterFilter): Matches {
  optionOf(filter, ['Equals']);
  const key = filter.Key.slice('tag:'.length);
  const { Values: wanted = [] } = filter;
  return ({ tags }) =>
    Object.hasOwn(tags, key) && (wanted.length === 0 || wanted.includes(tags[key] as string));
}

function optionOf({ Key, Option }: ParameterFilter, options: readonly string[]): string {
  const option = Option ?? (options[0] as string);
  if (options.includes(option)) return option;
  throw new ServiceError(
    'InvalidFilterOption',
    `The filter ${Key} has the options ${options.join(', ')}.`,
  );
}

function valuesOf({ Key, Values: given }: ParameterFilter): string[] {
  if (given && given.length > 0) return given;
  throw new ServiceError('InvalidFilterValue', `The filter ${Key} has no values.`);
}
