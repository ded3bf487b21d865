/**
 * EC2's filters: several filters all hold (AND), of several values of one any holds (OR); values
 * may have wildcards (catalog/pattern.ts). Each noun has a table from filter name to the row's
 * values.
 * It reads no catalog: `exact` and `condition` tell an operation what an indexed column may be
 * narrowed by.
 */
import { ServiceError } from '../../api/service-error.ts';
import { type Like, likeMaxChars } from '../catalog/catalog.ts';
import { matchesTokens, patternTokens } from '../catalog/pattern.ts';
import type { Tags } from '../catalog/rows/row.ts';

/** As EC2 sends it. */
export interface Filter {
  Name?: string;
  Values?: string[];
}

export interface FilterTable<Row> {
  /** What a row has under this filter's name; nothing when the row has no such member. */
  values: Record<string, (row: Row) => string | undefined | readonly (string | undefined)[]>;
  /** Names that EC2 has for what nothing here ever is or has: they match nothing. */
  absent?: readonly string[];
  /** Nouns with tags also have the filters `tag:KEY`, `tag-key` and `tag-value`. */
  tags?: (row: Row) => Tags;
}

export interface RowFilter<Row> {
  /** Of all filters that were given. */
  names: readonly string[];
  matches(row: Row): boolean;
  /**
   * The values of the filter with this name when none has a wildcard: rows with other values cannot
   * match. For narrowing a query by an indexed column; `matches` is still to be asked.
   */
  exact(name: string): string[] | undefined;
  /**
   * The same with wildcards: for columns that have an index of their own, without which a pattern
   * is not found faster.
   */
  condition(name: string): string[] | Like | undefined;
}

/** EC2's documented limit of values in one call. */
const valuesMax = 200;

export function rowFilter<Row>(
  filters: readonly Filter[] | undefined,
  table: FilterTable<Row>,
): RowFilter<Row> {
  const parts = (filters ?? []).map((filter) => part(filter, table));
  const count = parts.reduce((sum, each) => sum + each.patterns.length, 0);
  if (count > valuesMax) {
    throw new ServiceError(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${valuesMax}`,
    );
  }
  const exact = (name: string) => {
    const patterns = parts.find((each) => each.name === name)?.patterns;
    const literals = patterns?.map((pattern) => pattern.literal);
    return literals?.every((literal) => literal !== undefined) ? literals : undefined;
  };
  return {
    names: parts.map(({ name }) => name),
    matches: (row) =>
      parts.every((each) =>
        each.valuesOf(row).some((value) => each.patterns.some((pattern) => pattern.test(value))),
      ),
    exact,
    condition(name) {
      const like = parts.find((each) => each.name === name)?.patterns.map(({ text }) => text);
      const fits = like?.every((text) => text.length <= likeMaxChars);
      return exact(name) ?? (like && fits ? { like } : undefined);
    },
  };
}

interface FilterPart<Row> {
  name: string;
  valuesOf(row: Row): readonly string[];
  patterns: readonly Pattern[];
}

function part<Row>(filter: Filter, table: FilterTable<Row>): FilterPart<Row> {
  const name = filter.Name ?? '';
  const valuesOf = valuesReader(name, table);
  if (valuesOf === undefined) {
    throw new ServiceError('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
  if (filter.Values === undefined || filter.Values.length === 0) {
    throw new ServiceError('InvalidParameterValue', `The filter '${name}' has no values`);
  }
  return { name, valuesOf, patterns: filter.Values.map(wildcardPattern) };
}

function valuesReader<Row>(
  name: string,
  table: FilterTable<Row>,
): ((row: Row) => readonly string[]) | undefined {
  const { tags } = table;
  if (tags) {
    if (name === 'tag-key') return (row) => Object.keys(tags(row));
    if (name === 'tag-value') return (row) => Object.values(tags(row));
    if (name.startsWith('tag:')) {
      const key = name.slice('tag:'.length);
      return (row) => (Object.hasOwn(tags(row), key) ? [tags(row)[key] as string] : []);
    }
  }
  if (table.absent?.includes(name)) return () => [];
  if (!Object.hasOwn(table.values, name)) return undefined;
  const read = table.values[name] as FilterTable<Row>['values'][string];
  return (row) => [read(row)].flat().filter((value) => value !== undefined) as string[];
}

/** One value of a filter. */
interface Pattern {
  /** As it was sent. */
  text: string;
  test(value: string): boolean;
  /** The plain text, when there is no wildcard in it. */
  literal?: string;
}

function wildcardPattern(text: string): Pattern {
  const tokens = patternTokens(text);
  if (tokens.every((token) => typeof token === 'string')) {
    const literal = tokens.join('');
    return { text, literal, test: (value) => value === literal };
  }
  return { text, test: (value) => matchesTokens(tokens, value) };
}
