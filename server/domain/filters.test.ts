import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { likeMaxChars } from '../catalog/catalog.ts';
import { type Filter, type FilterTable, rowFilter } from './filters.ts';

interface Row {
  name: string;
  ports: string[];
  note?: string;
  tags: Record<string, string>;
}

const table: FilterTable<Row> = {
  values: { name: (row) => row.name, port: (row) => row.ports, note: (row) => row.note },
  tags: (row) => row.tags,
};
const row: Row = { name: 'web', ports: ['80', '443'], tags: { Env: 'prod', 'a:b': '' } };

const matches = (...filters: Filter[]) => rowFilter(filters, table).matches(row);
const filter = (Name: string, ...Values: string[]): Filter => ({ Name, Values });

describe('filters', () => {
  test('values of one filter are alternatives, filters all hold, none match everything', () => {
    assert.equal(matches(), true);
    assert.equal(matches(filter('name', 'db', 'web')), true);
    assert.equal(matches(filter('name', 'web'), filter('port', '443')), true);
    assert.equal(matches(filter('name', 'web'), filter('port', '22')), false);
    assert.equal(matches(filter('name', 'WEB')), false);
  });

  test('a row without the member matches nothing', () => {
    assert.equal(matches(filter('note', '*')), false);
  });

  test('tags by key and value', () => {
    assert.equal(matches(filter('tag:Env', 'pr*')), true);
    assert.equal(matches(filter('tag:a:b', '')), true);
    assert.equal(matches(filter('tag:Other', '*')), false);
    assert.equal(matches(filter('tag:toString', '*')), false);
    assert.equal(matches(filter('tag-key', 'E?v')), true);
    assert.equal(matches(filter('tag-value', 'prod')), true);
    assert.equal(matches(filter('tag-value', 'Env')), false);
  });

  test('unknown filters, filters without values and too many values are refused', () => {
    const invalid = { code: 'InvalidParameterValue' };
    assert.throws(() => matches(filter('colour', 'red')), {
      ...invalid,
      message: "The filter 'colour' is invalid",
    });
    assert.throws(() => matches(filter('toString', 'x')), invalid);
    assert.throws(() => matches({ Values: ['x'] }), invalid);
    assert.throws(() => matches({ Name: 'name' }), invalid);
    assert.throws(() => rowFilter([filter('tag:a', 'b')], { values: {} }), invalid);
    const many = Array.from({ length: 200 }, (_, index) => String(index));
    assert.equal(matches(filter('name', ...many)), false);
    assert.throws(() => matches(filter('name', ...many), filter('port', '80')), {
      code: 'FilterLimitExceeded',
    });
  });

  test('exact tells the values that a column may be narrowed by', () => {
    const exact = (...values: string[]) =>
      rowFilter([filter('name', ...values)], table).exact('name');
    assert.deepEqual(exact('a', 'b\\*'), ['a', 'b*']);
    assert.equal(exact('a', 'b*'), undefined);
    assert.equal(rowFilter(undefined, table).exact('name'), undefined);
  });

  test('a condition on a column has the values, or the patterns as they were sent', () => {
    const condition = (...values: string[]) =>
      rowFilter([filter('name', ...values)], table).condition('name');
    assert.deepEqual(condition('a', 'b\\*'), ['a', 'b*']);
    assert.deepEqual(condition('a\\*', 'b*'), { like: ['a\\*', 'b*'] });
    assert.equal(rowFilter(undefined, table).condition('name'), undefined);
    // Longer than the catalog takes: the rows are asked one by one.
    const long = `${'a'.repeat(likeMaxChars)}*`;
    assert.equal(condition(long), undefined);
    assert.equal(matches(filter('name', long)), false);
  });
});
